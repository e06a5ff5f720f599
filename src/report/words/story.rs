//! The sentences of the timeline.

use super::{labels, phrases};

labels! {
    TIME: "time" | "时间";
    FRAME: "frame" | "帧";
    OF: "of" | "会话";
    WHAT_HAPPENED: "what happened" | "发生了什么";

    COMMA: ", " | "、";
    ANOTHER_PROTOCOL: "another protocol" | "其他协议";
    SENDERS_SUBNET: "the sender's subnet" | "发送方的子网";
    // What is out of the ordinary in a connection.
    RETRANSMISSION: "retransmission" | "重传";
    SPURIOUS_RETRANSMISSION: "spurious retransmission" | "多余的重传";
    OUT_OF_ORDER: "out of order" | "乱序";
    DUPLICATE_ACK: "duplicate ACK" | "重复 ACK";
    ZERO_WINDOW: "zero window" | "零窗口";
    WINDOW_PROBE: "window probe" | "窗口探测";
    WINDOW_REOPENED: "window reopened" | "窗口重新打开";
    KEEP_ALIVE: "keep-alive" | "保活探测";
    OVERLAP_CONFLICT: "overlap conflict" | "重叠冲突";
    GAP: "gap" | "缺失";
    RST_OUT_OF_WINDOW: "RST outside the window" | "窗口外的 RST";

    // What is out of the ordinary outside of connections.
    SENDER_MISMATCH: "sender mismatch" | "发送方不符";
    UNASKED_REPLY: "unasked reply" | "未经询问的应答";
    PROXY_ARP: "proxy ARP" | "代理 ARP";
    CONFLICT_SETTLED: "after the conflict" | "冲突之后";
    ICMP_ERROR: "ICMP error" | "ICMP 差错";
    BAD_CHECKSUM: "bad checksum" | "校验和错误";
    FRAGMENT_OVERLAP: "overlapping fragment" | "分片重叠";
    FRAGMENT_MISALIGNED: "misaligned fragment" | "分片未对齐";
    ODD_FRAGMENT: "odd fragment" | "异常分片";
    ORIG: "orig" | "发起方";
    RESP: "resp" | "响应方";
}

// What many sentences share.
phrases! {
    bytes(n): "{n} {n:byte|bytes}" | "{n} 字节";
    once(): "once" | "一次";
    twice(): "twice" | "两次";
    times(n): "{n} times" | "{n} 次";
    and_more(n): " and {n} more" | " 等，另有 {n} 个";
    after(span): " after {span}" | "（{span} 后）";
    after_tries(n): " after {n} tries" | "（试了 {n} 次）";
    try_number(n): " (try {n})" | "（第 {n} 次）";
    again(n): "[odd|again] (try {n}), " | "[odd|重传]（第 {n} 次），";
    before_the_end(): " before the capture ended" | "（直到抓包结束）";
    because(frames): "[quiet| · because {frames}]" | "[quiet| · 因为 {frames}]";
    also(sentence): " {sentence}" | "{sentence}";
    moreover(sentence): ". {sentence}" | "。{sentence}";
    reason(text): ": {text}" | "：{text}";

    said(words, n, kept, frames): "{words} ({n} {n:byte|bytes}{kept}{frames})"
        | "{words}（{n} 字节{kept}{frames}）";
    not_kept(n): ", of which {n} were not kept" | "，其中 {n} 字节没有保存";
    in_frames(frames): " in {frames}" | "，见 {frames}";

    off_subnet(ip, net, inferred, gateway, mac):
        "{ip} is outside {net}{inferred}, so the frame goes to the gateway{gateway} at {mac}"
        | "{ip} 在 {net} 之外{inferred}，所以帧发给网关{gateway}，MAC 地址是 {mac}";
    inferred(): " (inferred)" | "（推断）";
    named(ip): " {ip}" | " {ip}";

    // ARP and neighbour discovery.
    asks_everyone(who, ip, again): "{who} asks everyone: who has {ip}?{again}"
        | "{who} 问所有人：谁是 {ip}？{again}";
    asks_neighbours(who, ip, again): "{who} asks the neighbours: who has {ip}?{again}"
        | "{who} 问邻居：谁是 {ip}？{again}";
    asks_one(who, ip, again): "{who} asks one host only: do you still have {ip}?{again}"
        | "{who} 只问一台主机：{ip} 还是你吗？{again}";
    resolved(ip, mac, asker, latency, asked):
        "{ip} is at [good|{mac}], told {asker} after {latency}{asked}"
        | "{ip} 的 MAC 地址是 [good|{mac}]，{latency} 后告诉 {asker}{asked}";
    asked(times): " (asked {times})" | "（共问了{times}）";
    unresolved(ending, ip, asker, times, why):
        "[bad|no answer]{ending}: who has {ip}? {asker} asked {times}{why}"
        | "[bad|无人应答]{ending}：谁是 {ip}？{asker} 问了{times}{why}";
    down_or_elsewhere(): "; it is down, or not in this network" | "；它没有开机，或者不在这个网络里";
    announced(ip, mac): "{ip} is at {mac}: told everyone unasked"
        | "{ip} 的 MAC 地址是 {mac}：没有人问，主动告诉所有人";
    probes(mac, ip): "{mac} wants to take {ip}: does anybody have it?"
        | "{mac} 想使用 {ip}：有人在用吗？";
    conflict(new, ip, old): "[bad|conflict]: {new} claims {ip}, which was at {old}"
        | "[bad|地址冲突]：{new} 声称拥有 {ip}，而它原来在 {old}";

    // UDP, ICMP, fragments.
    answers(who, question, wait, said): "{who} answers {question} after {wait}: {said}"
        | "{who} 在 {wait} 后答复 {question}：{said}";
    speaks_to(from, to, said): "{from} → {to}: {said}" | "{from} → {to}：{said}";
    empty_datagram(): "an empty datagram (0 bytes)" | "空数据报（0 字节）";
    exchange_forgotten(): "[odd|forgotten: the table of exchanges is full]"
        | "[odd|已遗忘：会话表满了]";
    icmp_on_segment(who, reason, orig, resp, mtu):
        "{who} says [bad|{reason}] about a segment between {orig} and {resp}{mtu}"
        | "{who} 报告[bad|{reason}]，针对 {orig} 与 {resp} 之间的一个 TCP 段{mtu}";
    icmp_on_datagram(who, reason, orig, resp, mtu):
        "{who} says [bad|{reason}] about a datagram between {orig} and {resp}{mtu}"
        | "{who} 报告[bad|{reason}]，针对 {orig} 与 {resp} 之间的一个 UDP 数据报{mtu}";
    next_hop_takes(n): "; the next hop takes at most {n} {n:byte|bytes}"
        | "；下一跳最多接受 {n} 字节";
    ping_replied(src, dst, id, seq, after):
        "{src} pings {dst} (id {id}, seq {seq}): [good|reply]{after}"
        | "{src} ping {dst}（id {id}，seq {seq}）：[good|有回复]{after}";
    ping_unanswered(src, dst, id, seq, ending):
        "{src} pings {dst} (id {id}, seq {seq}): [bad|no reply]{ending}"
        | "{src} ping {dst}（id {id}，seq {seq}）：[bad|没有回复]{ending}";
    reassembled(src, dst, n, frames, len, id):
        "{src} → {dst}: {n} {n:fragment|fragments} ({frames}) make one datagram of {len} \
         {len:byte|bytes}, id {id}"
        | "{src} → {dst}：{n} 个分片（{frames}）重组成一个 {len} 字节的数据报，id {id}";
    incomplete(src, dst, id, n, frames, what):
        "{src} → {dst}: [bad|incomplete] datagram, id {id}: {n} {n:fragment|fragments} came \
         ({frames}), {what}"
        | "{src} → {dst}：数据报[bad|不完整]，id {id}：到了 {n} 个分片（{frames}），{what}";
    contradictory(): "which contradict each other: it was dropped"
        | "它们互相矛盾：数据报被丢弃";
    missing(stretches): "missing {stretches}" | "缺少{stretches}";
    stretch(from, to): "bytes {from} to {to}" | "第 {from} 到 {to} 字节";
    open_stretch(from): "bytes {from} to the end" | "第 {from} 字节到末尾";
    and_others(): " and more" | " 等";

    // Oddities.
    oddity(name, detail): "[odd|{name}]: {detail}" | "[odd|{name}]：{detail}";
    sender_mismatch(source, said): "the frame comes from {source}, its sender says {said}"
        | "帧来自 {source}，其中的发送方却是 {said}";
    unasked_reply(mac, told, ip): "{mac} tells {told} that it has {ip}, which nobody asked"
        | "没有人问，{mac} 却告诉 {told} 它拥有 {ip}";
    proxy_arp(mac, ip, other): "{mac} answers for {ip} as it did for {other}"
        | "{mac} 替 {ip} 应答，正如它替 {other} 应答过";
    settled_new(ip, mac): "the next frame for {ip} goes to {mac}, the new claim to the address"
        | "下一个给 {ip} 的帧发往 {mac}，即后来的声称者";
    settled_old(ip, mac): "the next frame for {ip} goes to {mac}, the old claim to the address"
        | "下一个给 {ip} 的帧发往 {mac}，即原来的主人";
    icmp_error(who, reason, src, dst, protocol):
        "{who} says {reason} about a packet from {src} to {dst} ({protocol})"
        | "{who} 报告{reason}，针对从 {src} 到 {dst} 的一个包（{protocol}）";
    packet_checksum(layer, src, dst, got, want):
        "the {layer} checksum from {src} to {dst} is {got}, {want} fits"
        | "从 {src} 到 {dst} 的 {layer} 校验和是 {got}，应为 {want}";
    fragment(from, to, id, src, dst): "bytes {from} to {to} of datagram {id} from {src} to {dst}"
        | "从 {src} 到 {dst} 的数据报 {id} 的第 {from} 到 {to} 字节";

    // TCP: opening.
    syn(from, to, again): "{from} → {to} [heading|SYN]: {again}may I open a connection?"
        | "{from} → {to} [heading|SYN]：{again}可以建立连接吗？";
    synack(who, after, again): "{who} [heading|SYN-ACK]{after}: {again}yes, and may I?"
        | "{who} [heading|SYN-ACK]{after}：{again}可以，我也可以吗？";
    fin(who): "{who} [heading|FIN]: I have no more to say" | "{who} [heading|FIN]：我的话说完了";
    complete(who, after): "{who} [heading|ACK]{after}: the three-way handshake is [good|complete]"
        | "{who} [heading|ACK]{after}：三次握手[good|完成]";
    simultaneous_open():
        "both sides sent a SYN before they saw the other's (simultaneous open): [good|connected] \
         all the same"
        | "双方都在看到对方的 SYN 之前发出了自己的 SYN（同时打开）：仍然[good|建立了一个连接]";
    refused(who, tries, port):
        "{who} [heading|RST]: [bad|refused]{tries}, nobody listens on port {port}"
        | "{who} [heading|RST]：[bad|拒绝连接]{tries}，没有程序在端口 {port} 上监听";
    unanswered(n, who, ending, up, down):
        "[bad|no answer] to {n} {n:SYN|SYNs} from {who}{ending}{up}{down}"
        | "{who} 的 {n} 个 SYN [bad|没有得到应答]{ending}{up}{down}";
    down_or_dropped(): ": the host is down, or something on the way drops them"
        | "：对方没有开机，或者途中有设备把它们丢弃了";
    up_but_silent(frame): ": the host told its MAC in {frame}, so it was up: a firewall drops them, its queue is full, or its answers are lost"
        | "：对方在 {frame} 告知了自己的 MAC，说明它在运行：防火墙把它们丢弃了、它的队列满了，或者应答丢失了";
    unreachable(who, reason): "{who} is [bad|unreachable]{reason}" | "{who} [bad|不可达]{reason}";
    half_open(who, ending): "[bad|half open]: {who} never acknowledged the SYN-ACK{ending}"
        | "[bad|半开连接]：{who} 一直没有确认 SYN-ACK{ending}";
    aborted(who, tries):
        "{who} [heading|RST]: [bad|gives up] before the handshake is complete{tries}"
        | "{who} [heading|RST]：握手还没完成就[bad|放弃了]{tries}";
    not_seen(from, to): "{from} → {to} began before the capture: no handshake seen"
        | "{from} → {to} 在抓包之前就开始了：没有看到握手";
    isn(n): " isn {n}" | " isn {n}";
    mss(n): " mss {n}" | " mss {n}";
    window_scale(n): " window scale {n}" | " 窗口扩大因子 {n}";

    // TCP: talking.
    says(gap, who, said): "{gap}{who} says {said}" | "{gap}{who} 说{said}";
    gap_before(n): "[bad|gap] of {n} {n:byte|bytes}, then " | "[bad|缺失] {n} 字节，然后 ";
    again_and_again(who, what, n): "{who} [odd|{what}]: {n} more" | "{who} [odd|{what}]：又有 {n} 次";
    resent_syn(who): "{who} [odd|retransmission]: sends its SYN again"
        | "{who} [odd|重传]：再次发送 SYN";
    resent_fin(who): "{who} [odd|retransmission]: sends its FIN again"
        | "{who} [odd|重传]：再次发送 FIN";
    resent_data(who, n): "{who} [odd|retransmission]: sends {n} {n:byte|bytes} again"
        | "{who} [odd|重传]：再次发送 {n} 字节";
    resent_spuriously(who, n):
        "{who} [odd|spurious retransmission]: sends {n} {n:byte|bytes} again that were \
         acknowledged already"
        | "{who} [odd|多余的重传]：再次发送早已得到确认的 {n} 字节";
    out_of_order(who, n): "{who} [odd|out of order]: {n} {n:byte|bytes} arrive after later ones"
        | "{who} [odd|乱序]：{n} 字节晚于后面的数据到达";
    duplicate_ack(who): "{who} [odd|duplicate ACK]: the same acknowledgment again"
        | "{who} [odd|重复 ACK]：再次发送同样的确认";
    zero_window(who): "{who} [odd|zero window]: I have no room, wait"
        | "{who} [odd|零窗口]：我没有空间了，请等一等";
    window_probe(who): "{who} [odd|window probe]: is there room again?"
        | "{who} [odd|窗口探测]：有空间了吗？";
    window_reopened(who, stalled): "{who} [good|window reopened]: room again after {stalled}"
        | "{who} [good|窗口重新打开]：{stalled} 后又有空间了";
    keep_alive(who): "{who} [quiet|keep-alive]: are you still there?"
        | "{who} [quiet|保活探测]：你还在吗？";
    overlap_conflict(who, n, offset):
        "{who} [bad|overlap conflict]: sends {n} {n:byte|bytes} again with other content, at \
         offset {offset}; the first to arrive were kept"
        | "{who} [bad|重叠冲突]：再次发送偏移 {offset} 处的 {n} 字节，内容却不同；保留先到的";
    bad_checksum(who, want, got):
        "{who} [bad|bad checksum]: want {want}, got {got}; the segment changes nothing"
        | "{who} [bad|校验和错误]：应为 {want}，实为 {got}；这个段不起作用";
    gap(who, n): "{who} [bad|gap]: {n} {n:byte|bytes} of it were never seen here"
        | "{who} [bad|缺失]：有 {n} 字节在这里从未看到";
    rst_out_of_window(who): "{who} [odd|RST outside the window]: it changes nothing"
        | "{who} [odd|窗口外的 RST]：不起作用";

    // TCP: closing.
    closed(how, frames, first, waits, late): "{how} ({frames}){first}{waits}{late}"
        | "{how}（{frames}）{first}{waits}{late}";
    four_segments(): "closed in four segments: FIN, ACK, FIN, ACK"
        | "四次挥手关闭：FIN、ACK、FIN、ACK";
    three_segments(): "closed in three segments: the second FIN rides on the ACK of the first"
        | "四次挥手只用了三个段：第二个 FIN 与对第一个 FIN 的 ACK 合在一起";
    simultaneous_close(): "simultaneous close: each side sent its FIN before it saw the other's"
        | "同时关闭：双方都在看到对方的 FIN 之前发出了自己的 FIN";
    half_closed(): "[odd|half closed]: only one side sent a FIN" | "[odd|半关闭]：只有一方发出了 FIN";
    reset(by): "[bad|reset]{by} (RST): cut off at once" | "{by}[bad|重置]了连接（RST）：立刻中断";
    reset_by(who): " by {who}" | "{who} ";
    not_closed(): "not closed" | "没有关闭";
    closed_first(who): "; {who} closed first" | "；{who} 先关闭";
    waits_itself(): " and waits in TIME_WAIT" | "，并停留在 TIME_WAIT";
    waits(who): "; {who} waits in TIME_WAIT" | "；{who} 停留在 TIME_WAIT";
    both_wait(): "; both wait in TIME_WAIT" | "；双方都停留在 TIME_WAIT";
    late_bytes(n): "; {n} {n:byte|bytes} came after the first FIN"
        | "；第一个 FIN 之后还来了 {n} 字节";
    still_open(from, to): "{from} → {to}: still open as the capture ends"
        | "{from} → {to}：抓包结束时仍未关闭";
    still_half_open(from, to): "{from} → {to}: still half closed as the capture ends"
        | "{from} → {to}：抓包结束时仍是半关闭";
    idle(from, to): "{from} → {to}: silent for longer than the idle limit, taken for closed"
        | "{from} → {to}：沉默超过空闲时限，视为已关闭";
    forgotten(from, to): "{from} → {to}: forgotten, the table of connections is full"
        | "{from} → {to}：已遗忘，连接表满了";
    reused(from, to): "{from} → {to}: never closed, its sockets are used again"
        | "{from} → {to}：从未关闭，它的套接字又被使用了";
}
