//! What stands on the arrows of a ladder, and beside them.

use super::{labels, phrases};

labels! {
    EVERYONE: "everyone" | "所有人";
    OTHERS: "others" | "其他主机";
    THIS_SUBNET: "this subnet" | "本子网";
    THIS_HOST: "programs of one host" | "同一主机的程序";
    HOSTS: "hosts" | "主机";
    GATEWAY: "gateway" | "网关";
    BEYOND: "beyond" | "网关之外";
    INFERRED: " (inferred)" | "（推断）";
    UNASKED: "(told unasked)" | "（主动告知）";
    UNKNOWN_ARP: "unknown ARP operation" | "未知的 ARP 操作";
    NO_FLAGS: "no flags" | "没有标志";
    EMPTY: "empty" | "空";

    // What signs mean.
    SIGN_VIA: "○ the gateway passes it on" | "○ 由网关转发";
    SIGN_ACKED: "✓ #: the ACK of all of it" | "✓ #：确认了全部的 ACK";
    SIGN_COPY: "↻ and a broken line: sent again" | "↻ 和虚线：重传";
    SIGN_UNHEARD: "✗ did not arrive (inferred)" | "✗ 没有到达（推断）";
    SIGN_ERROR: "dotted: an ICMP error" | "点线：ICMP 差错";
}

// On arrows: as short as they can be.
phrases! {
    who_has(ip): "who has {ip}?" | "谁是 {ip}？";
    still_have(ip): "do you still have {ip}?" | "{ip} 还是你吗？";
    may_i_take(ip): "may I take {ip}?" | "我可以用 {ip} 吗？";
    is_at(ip, mac): "{ip} is at {mac}" | "{ip} 的 MAC 是 {mac}";
    piece(from, to): "piece {from}–{to}" | "分片 {from}–{to}";
    of_datagram(id): "of datagram {id}" | "属于数据报 {id}";
    icmp_name(name): "{name}" | "{name}";
    icmp_type(kind): "ICMP type {kind}" | "ICMP 类型 {kind}";
    to_port(port): "to port {port}" | "端口 {port}";
    try_number(n): "try {n}" | "第 {n} 次";
    bytes(n): "{n} B" | "{n} B";
    more_segments(n): "{n} more segments" | "另外 {n} 个段";
    in_segments(bytes, n): "of {bytes} B in {n} segments" | "共 {bytes} B，{n} 个段";
    in_pieces(n): "in {n} pieces" | "{n} 个分片";
    copy_of(frame): "↻ copy of {frame}" | "↻ 重传 {frame}";
    copied_in(frame): "↻ again in {frame}" | "↻ 在 {frame} 重传";
    acked_in(frame): "✓ {frame}" | "✓ {frame}";
    after(span): "after {span}" | "{span} 后";
    about(frame): "about {frame}" | "关于 {frame}";
    at_most(n): "at most {n} B" | "最多 {n} B";
    reopened(span): "room again after {span}" | "{span} 后又有空间了";
    gap(n): "{n} B of it never came by here" | "其中 {n} B 没有经过这里";
    hole(n): "({n} B before it not seen yet)" | "（它之前的 {n} B 还没有看到）";
    first_not_seen(): "again: the first was not seen" | "重传：没有看到第一次";
    needless(): "needless: it had arrived" | "多余的重传：早已到达";
    out_of_order(): "out of order" | "乱序";
    duplicate(): "again: duplicate ACK" | "再次：重复 ACK";
    zero_window(): "window 0: no room, wait" | "窗口 0：没有空间，请等一等";
    window_probe(): "is there room again? (probe)" | "有空间了吗？（探测）";
    keep_alive(): "still there? (keep-alive)" | "还在吗？（保活）";
    overlap(): "other bytes than before" | "与先前的字节不同";
    bad_checksum(): "bad checksum: changes nothing here" | "校验和错误：在这里不起作用";
    out_of_window(): "outside the window: changes nothing" | "在窗口之外：不起作用";
    settled_new(): "goes to the new claimant" | "发给了后来者";
    settled_old(): "goes to the old owner" | "发给了原来的主机";
    silence(span): "… {span} …" | "… {span} …";

    // How something ended.
    nobody_has(n, ending, ip, why): "no answer{ending} to {n} {n:question|questions}: who has {ip}?{why}"
        | "{n} 次询问无人应答{ending}：谁是 {ip}？{why}";
    absent(): " It is down, or not in this network" | "它没有开机，或者不在这个网络里";
    conflict(new, ip, old): "conflict: {new} claims {ip}, which was at {old}"
        | "地址冲突：{new} 声称拥有 {ip}，而它原来在 {old}";
    refused(tries, port): "refused{tries}: nobody listens on port {port}"
        | "拒绝连接{tries}：没有程序在端口 {port} 上监听";
    unanswered(n, ending, up, down): "no answer to {n} {n:SYN|SYNs}{ending}{up}{down}"
        | "{n} 个 SYN 没有得到应答{ending}{up}{down}";
    unreachable(reason): "unreachable: {reason}" | "不可达：{reason}";
    half_open(who, ending): "half open: {who} never acknowledged the SYN-ACK{ending}"
        | "半开连接：{who} 一直没有确认 SYN-ACK{ending}";
    aborted(who): "{who} gives up before the handshake is complete" | "{who} 在握手完成之前放弃了";
    connected_crosswise(): "connected: both SYNs crossed (simultaneous open)"
        | "已建立连接：双方的 SYN 交错（同时打开）";
    reset(): "reset: cut off at once" | "重置：连接立刻中断";
    reset_by(who): "reset by {who}: cut off at once" | "被 {who} 重置：连接立刻中断";
    closed(how, waits): "{how}{waits}" | "{how}{waits}";
    waits(who): "; {who} closed first and waits in TIME_WAIT" | "；{who} 先关闭，停留在 TIME_WAIT";
    went_on(who, span): "; {who} went on for {span} after the other's FIN (half close)"
        | "；{who} 在对方 FIN 之后又说了 {span}（半关闭）";
    stalled(who, span): "; {who} stalled it for {span} (window 0)" | "；{who} 的零窗口使它停滞了 {span}";
    judged(verdict, how): "{verdict}; {how}" | "{verdict}；{how}";
    verdict(verdict): "{verdict}" | "{verdict}";
    still_open(): "still open as the capture ends" | "抓包结束时仍未关闭";
    idle(): "silent for longer than the idle limit, taken for closed" | "沉默超过空闲时限，视为已关闭";
    evicted(): "forgotten: the table of connections is full" | "已遗忘：连接表满了";
    port_reuse(): "never closed: its sockets are used again" | "从未关闭：它的套接字又被使用";
    undelivered(frame, port, reason): "{frame} was not delivered to port {port}: {reason}"
        | "{frame} 没有送达端口 {port}：{reason}";
    lost(port, reason): "not delivered to port {port}: {reason}" | "没有送达端口 {port}：{reason}";
    no_datagram_back(n): "no answer seen to {n} {n:datagram|datagrams}" | "{n} 个数据报没有看到答复";
    no_reply(seq, ending): "no reply to ping {seq}{ending}" | "ping {seq} 没有回复{ending}";
    contradictory(id): "datagram {id} dropped: its pieces contradict each other"
        | "数据报 {id} 被丢弃：它的分片互相矛盾";
    incomplete(id, stretches): "datagram {id} is incomplete: {stretches} never came"
        | "数据报 {id} 不完整：{stretches}没有到";

    // Below the picture.
    inferred_states(): "A state in (brackets) is inferred: no frame here proves it."
        | "（括号）里的状态是推断的：没有帧能证明。";
    unheard_arrows():
        "An arrow that ends in ✗ did not arrive, or was dropped. That is inferred: nothing answered it, it was \
         sent again, or somebody on the way gave it back."
        | "末端是 ✗ 的箭头没有到达，或被丢弃。这是推断的：没有回应，又重传了，或者被途中的设备退回。";
    folded_acks(n): "{n} pure {n:ACK has|ACKs have} no arrow; ✓ names one that \
                     acknowledges all of its arrow."
        | "{n} 个纯 ACK 没有单独的箭头。✓ 后面是确认了整个箭头的那一个。";
    not_drawn(n): "{n} {n:frame has|frames have} no arrow: neither ARP, TCP, UDP nor ICMP, or not readable."
        | "{n} 帧没有箭头：不是 ARP、TCP、UDP 或 ICMP，或者无法读取。";
    cut(from, n, to):
        "The picture ends before #{from}; {n} more {n:frame follows|frames follow}. --frames \
         {from}-{to}, --conn tcp-1 or --host IP shows a part of them."
        | "图在 #{from} 之前结束；后面还有 {n} 帧。用 --frames {from}-{to}、--conn tcp-1 或 --host IP \
           看其中一部分。";
    cut_one(from, n, to):
        "The picture ends before #{from}; {n} more {n:frame follows|frames follow}. --frames \
         {from}-{to} shows a part of them."
        | "图在 #{from} 之前结束；后面还有 {n} 帧。用 --frames {from}-{to} 看其中一部分。";
    only_frames(from, to, last): "Only frames {from} to {to} of {last} are drawn (--frames)."
        | "只画了 {last} 帧中的第 {from} 到 {to} 帧（--frames）。";
    no_such_frame(from, last): "There is no frame {from} (--frames): the capture has {last} {last:frame|frames}."
        | "没有第 {from} 帧（--frames）：抓包只有 {last} 帧。";
    shared_lane(n): "{n} {n:host has|hosts have} the last rail only: --host IP shows one of them."
        | "{n} 台主机共用最后一条线：用 --host IP 看其中一台。";
}
