//! What `why` claims. A claim's name and the names of its gaps are those that JSON has.

mod frame;

pub use frame::*;

use super::{facts, labels, phrases};

labels! {
    // How sure a claim is.
    SEEN: "seen" | "看到";
    INFERRED: "inferred" | "推断";
    UNKNOWN: "unknown" | "未知";

    // What became of it.
    NO_ARP_ANSWER: "nobody answers for the address" | "没有主机应答这个地址";
    ADDRESS_CONFLICT: "two hosts claim one address" | "两台主机争用一个地址";
    UNANSWERED: "no answer to the SYN" | "SYN 没有得到应答";
    REFUSED: "refused, nobody listens there" | "被拒绝：那里没有程序监听";
    UNREACHABLE: "unreachable, says ICMP" | "ICMP 报告不可达";
    HALF_OPEN: "half open, the handshake was never completed" | "半开连接：三次握手没有完成";
    ACK_LOST: "open, but the last ACK of the handshake did not arrive" | "连接已建立，但三次握手的最后一个 ACK 没有送达";
    ABORTED: "given up before the handshake was complete" | "握手完成之前就放弃了";
    RESET: "reset in the middle of the talk" | "通信中途被重置";
    STALLED: "stalled by the receiver" | "因接收方的窗口关闭而停滞";
    SLOWED: "whole in the end, though the receiver had no room for a while"
        | "最终完整，不过接收方有一段时间没有空间";
    UNACKNOWLEDGED: "the last words were never acknowledged" | "最后发送的数据一直没有得到确认";
    ARP_ANSWER_UNSEEN: "the answer to the question is not in the capture" | "抓包里没有对提问的应答";
    BYTES_MISSING: "bytes are missing" | "缺少字节";
    DEADLOCK: "both waited for each other (inferred)" | "双方互相等待（推断）";
    NEVER_ACCEPTED: "never greeted, left in the listen queue (inferred)" | "没有被接受，一直在监听队列里等待（推断）";
    LEFT_WITHOUT_WORD: "the client left without a word" | "客户端不辞而别";
    FRAGMENTS_CONTRADICT: "the datagram was dropped, its fragments contradict each other"
        | "数据报被丢弃：它的分片互相矛盾";
    TOO_BIG: "whole in the end, but frames were too big for the way" | "最终完整，但途中有帧因为太大被拒绝";
    QUEUED: "it worked, after a wait in the listen queue (inferred)" | "成功，但在监听队列里等待过（推断）";
    LOSS: "whole in the end, though segments were sent again" | "最终完整，但有数据段被重传";
    ONE_SIDED: "only one direction is in the capture" | "抓包里只有一个方向";
    PACKET_REFUSED: "the packet was refused, says ICMP" | "ICMP 报告包被拒绝";
    HALF_CLOSED: "half closed, one side never said its FIN" | "半关闭：有一方始终没有发 FIN";
    NEVER_CLOSED: "never closed" | "始终没有关闭";
    UDP_ONE_WAY: "said to many, nobody has to answer" | "发给多台主机，不需要答复";
    IDLE: "silent for longer than the idle limit" | "沉默超过空闲时限";
    CAPTURE_ENDED: "still open when the capture ended" | "抓包结束时仍未关闭";
    CLOSED: "it worked: opened, talked, closed" | "成功：建立连接、通信、关闭";
    UDP_UNANSWERED: "no answer to the datagram" | "数据报没有得到答复";
    UDP_UNREACHABLE: "the datagram was refused, says ICMP" | "ICMP 报告数据报被拒绝";
    UDP_ANSWERED: "it worked: asked and answered" | "成功：有问有答";
    UDP_MONOLOGUE: "one way only, nothing shows that an answer was expected" | "只有一个方向，没有迹象表明需要答复";
    FRAGMENTS_MISSING: "the datagram was never whole" | "数据报始终不完整";
    PING_UNANSWERED: "no reply to the ping" | "ping 没有回复";
    PING_ANSWERED: "it worked: the ping was answered" | "成功：ping 有回复";
    RESOLVED: "it worked: the address was found" | "成功：地址解析完成";
    EXPLAINED: "what this frame is" | "这是什么帧";
}

phrases! {
    about(what, who, verdict): "[heading|{what}]  {who}: {verdict}" | "[heading|{what}]  {who}：{verdict}";
    ends(orig, resp): "{orig} → {resp}" | "{orig} → {resp}";
    who_has(ip): "who has {ip}" | "谁是 {ip}";
    same_net(net): "equal: both are in {net}, no gateway is needed" | "相同：都在 {net} 内，不需要网关";
    other_net(dst, net): "different: {dst} is outside {net}, so it takes a gateway"
        | "不同：{dst} 在 {net} 之外，所以需要网关";
    others(list): "Also failed: {list}" | "还有失败的：{list}";
    other(what, verdict): "{what} ({verdict})" | "{what}（{verdict}）";
    and_more_failures(n): " and {n} more" | "，另有 {n} 个";
    nothing_failed_but(): "Nothing failed in this capture; this is what stands out."
        | "这次抓包里没有失败；最值得注意的是：";
    nothing_failed(): "Nothing failed in this capture; so here is why it worked."
        | "这次抓包里没有失败；下面说明为什么成功。";
}

facts! {
    // Finding the way.
    seen to_gateway(frame, mac, gateway, dst, net):
        "{frame} went to {mac}, the MAC of the gateway {gateway}, because {dst} is outside {net}"
        | "{frame} 发往 {mac}，即网关 {gateway} 的 MAC，因为 {dst} 在 {net} 之外";
    inferred to_inferred_gateway(frame, mac, gateway, dst, net):
        "{frame} went to {mac}, the MAC of {gateway}: a gateway, because {dst} is outside {net} (no \
         mask is in the capture, --net tells it)"
        | "{frame} 发往 {mac}，即 {gateway} 的 MAC：它是网关，因为 {dst} 在 {net} 之外（抓包里没有子网掩码，\
           可用 --net 给出）";
    seen to_unnamed_gateway(frame, mac, dst, net):
        "{frame} went to {mac} and not to a MAC of {dst}, because {dst} is outside {net}; the \
         gateway's address was not told"
        | "{frame} 发往 {mac}，而不是 {dst} 自己的 MAC，因为 {dst} 在 {net} 之外；网关的 IP 地址没有出现";
    seen straight(frame, mac, dst): "{frame} went straight to {mac}, the MAC of {dst} itself"
        | "{frame} 直接发往 {mac}，即 {dst} 自己的 MAC";
    inferred straight_to_neighbour(frame, mac, dst): "{frame} went straight to {mac}, which is the MAC of {dst} \
         itself, for no gateway is needed in one subnet"
        | "{frame} 直接发往 {mac}，它应是 {dst} 自己的 MAC，因为同一子网内不需要网关";
    seen outside_nets(src): "{src} is in no subnet of --net, so they do not tell its way"
        | "{src} 不在 --net 给出的任何子网里，所以它们不能说明它怎么走";
    unknown to_unknown_mac(frame, mac, dst, by):
        "{frame} went to {mac}; whose MAC this is cannot be known from here, {dst}'s own or a gateway's: \
         no {by} answer before the frame is in the capture (--net tells which subnet is meant)"
        | "{frame} 发往 {mac}；这是 {dst} 自己的 MAC 还是网关的 MAC，从这里无法知道：这一帧之前抓包里没有 \
           {by} 应答（可用 --net 给出子网）";
    seen learnt(mac, answer, ip, asker, questions, latency):
        "{mac} was learnt in {answer}, where {ip} answered {asker} after {latency}; it was asked in \
         {questions}"
        | "{mac} 是从 {answer} 得知的：{ip} 在 {latency} 后应答了 {asker}；提问见 {questions}";
    unknown not_learnt(mac, by): "where {mac} was learnt cannot be known from here: no {by} answer before the \
         frame is in the capture, so it was known before"
        | "{mac} 从何得知，从这里无法知道：这一帧之前抓包里没有 {by} 应答，可见早已知道";
    seen same_subnet(src, dst, net): "{src} and {dst} are both in {net}" | "{src} 和 {dst} 都在 {net} 内";
    seen other_subnet(src, dst, net): "{src} is in {net}, {dst} is not" | "{src} 在 {net} 内，{dst} 不在";
    inferred taken_for_neighbour(asker, ip, questions):
        "{asker} asked for {ip} itself in {questions}, not for a gateway: by its mask, both are in one \
         subnet"
        | "{asker} 在 {questions} 里问的就是 {ip} 本身，而不是网关：按它的掩码，两者在同一子网";
    inferred net_too_wide(frame, mac, owner, told, dst, net): "{frame} went to {mac}, the MAC of {owner} ({told}) \
         and not of {dst}, though both ends are in {net}: its sender has another mask, so --net does not fit"
        | "{frame} 发往 {mac}，它是 {owner} 的 MAC（{told}），不是 {dst} 的，而两端都在 {net} 内：发送方的掩码不同，\
           可见 --net 不符合实际";
    inferred net_too_narrow(src, dst, questions, net): "{src} asked for {dst} itself in {questions}, as for a \
         neighbour, though {dst} is outside {net}: its mask is another, so --net does not fit"
        | "{src} 在 {questions} 里把 {dst} 当作邻居直接询问，而 {dst} 在 {net} 之外：它的掩码不同，可见 --net 不符合实际";
    seen loopback(frame, by): "{frame} has no {by} before it and needs none: it never left the host"
        | "{frame} 之前没有 {by}，也不需要：它没有离开这台主机";
    unknown blank_macs(frame): "which way {frame} took cannot be known from here: its MACs are all zeros, as on \
         loopback, or as a capture has them from which they were removed"
        | "{frame} 走了哪条路，从这里无法知道：它的 MAC 全是零，环回接口上是这样，MAC 被抹去的抓包里也是这样";

    // Nobody has the address.
    seen asked_once(asker, ip, question): "{asker} asked everyone in {question} who has {ip}; nobody answered"
        | "{asker} 在 {question} 里问所有人谁是 {ip}；没有人应答";
    seen asked_in_vain(asker, ip, questions, tries, gaps):
        "{asker} asked everyone {tries} {tries:time|times} who has {ip} ({questions}, {gaps} apart); nobody \
         answered"
        | "{asker} 向所有人问了 {tries} 次谁是 {ip}（{questions}，间隔 {gaps}）；没有人应答";
    seen no_frame_left(ip): "without a MAC no IP packet can be sent: there is no SYN and no datagram to \
         {ip} in the capture"
        | "没有 MAC 就发不出 IP 包：抓包里没有发给 {ip} 的 SYN 或数据报";
    inferred nobody_has(ip): "no host of this network has {ip}: it is down, unplugged, in another \
         network, or the address is mistyped"
        | "这个网络里没有主机拥有 {ip}：它没有开机、没有接上、在别的网络里，或者地址写错了";
    inferred was_there(ip, frame): "{ip} was there, for it sent {frame}; since then it was switched off or \
         unplugged, or its link was cut"
        | "{ip} 曾经在线，因为它发过 {frame}；此后它关机了、网线拔了，或链路断了";
    seen sent_itself(ip, frames): "{ip} is there: it sent {frames} itself"
        | "{ip} 在线：{frames} 就是它自己发的";
    unknown answer_elsewhere(ip, asker): "whether {ip} answered {asker} cannot be known from here: a switch shows \
         a question for everyone at every port, and its answer only at the port of {asker}"
        | "{ip} 是否应答了 {asker}，从这里无法知道：交换机把广播的提问送到每个端口，应答却只送到 {asker} 的端口";
    inferred wrong_mask(asker, ip, net):
        "{ip} is outside {net}, and yet {asker} asked for it and not for a gateway: its mask or its \
         route is wrong"
        | "{ip} 在 {net} 之外，{asker} 却问它而不问网关：掩码或路由配错了";
    unknown absent_or_silent(ip):
        "whether {ip} is off or only silent cannot be known from here: look at its cable, its address \
         (`ip addr`) and its VLAN"
        | "{ip} 是关机还是只是不应答，从这里无法知道：请检查网线、地址（`ip addr`）和 VLAN";

    // Two have it.
    seen claimed(frame, ip, new, old, learnt):
        "in {frame} {new} claims {ip}, which {old} had (learnt in {learnt})"
        | "在 {frame} 里 {new} 声称拥有 {ip}，而它原来属于 {old}（见 {learnt}）";
    seen claimed_out_of_the_blue(frame, ip, new, old): "in {frame} {new} claims {ip}, which {old} had"
        | "在 {frame} 里 {new} 声称拥有 {ip}，而它原来属于 {old}";
    seen believed(frame, ip, mac): "the next frame for {ip}, {frame}, went to {mac}: its sender believed \
         the new claim"
        | "下一个给 {ip} 的帧 {frame} 发往 {mac}：发送方相信了新的声称";
    seen disbelieved(frame, ip, mac): "the next frame for {ip}, {frame}, still went to {mac}"
        | "下一个给 {ip} 的帧 {frame} 仍然发往 {mac}";
    seen reset_by_other_mac(frame, mac, ip): "the RST {frame} came from {mac}, not from the MAC that {ip} \
         had during the handshake"
        | "RST {frame} 来自 {mac}，而不是握手时 {ip} 的 MAC";
    inferred two_hosts(ip): "two machines are set to {ip}: what is sent to it reaches now the one, now the other"
        | "有两台机器都设成了 {ip}：发给它的帧一会儿到这台，一会儿到那台";
    inferred cut_off(ip): "two machines are set to {ip}; the second knows nothing of the talk with the first and \
         cuts it off"
        | "有两台机器都设成了 {ip}；后来的那台对先前的连接一无所知，于是把它重置";
    unknown rightful_owner(ip): "which of them has {ip} rightly cannot be known from here: look at both \
         (and at the DHCP server); an attack by ARP spoofing looks the same"
        | "{ip} 本来该归谁，从这里无法知道：请检查两台机器（和 DHCP 服务器）；ARP 欺骗攻击看起来也是这样";

    // Opening.
    seen syn(frame, orig, resp, seq):
        "SYN {frame}: {orig} asks {resp} for a connection, sequence number {seq}"
        | "SYN {frame}：{orig} 请求与 {resp} 建立连接，序号 {seq}";
    seen syn_again(tries, frames, gaps): "the SYN was sent {tries} times ({frames}, {gaps} apart), each time \
         without an answer"
        | "SYN 发了 {tries} 次（{frames}，间隔 {gaps}），每次都没有应答";
    seen syn_repeated(tries, frames, gaps): "the SYN had to be sent {tries} times ({frames}, {gaps} apart) \
         before it was answered"
        | "SYN 发了 {tries} 次（{frames}，间隔 {gaps}）才得到应答";
    seen syn_alone(frame): "nothing answered SYN {frame}" | "SYN {frame} 没有得到任何应答";
    seen synack(frame, resp, rtt, ack, seq):
        "SYN-ACK {frame}: {resp} agrees after {rtt}; its acknowledgment {ack} is the SYN's sequence \
         number {seq} + 1"
        | "SYN-ACK {frame}：{resp} 在 {rtt} 后同意；它的确认号 {ack} 是 SYN 的序号 {seq} + 1";
    seen handshake(syn, synack, ack):
        "the three-way handshake was complete: SYN {syn}, SYN-ACK {synack}, ACK {ack}"
        | "三次握手完成：SYN {syn}、SYN-ACK {synack}、ACK {ack}";
    seen completing_ack(frame, ack, seq):
        "ACK {frame} completed the three-way handshake: its acknowledgment {ack} is the SYN-ACK's \
         sequence number {seq} + 1"
        | "ACK {frame} 完成了三次握手：它的确认号 {ack} 是 SYN-ACK 的序号 {seq} + 1";
    seen ack_sent(frame, ack, seq):
        "ACK {frame} was to complete the three-way handshake: its acknowledgment {ack} is the SYN-ACK's \
         sequence number {seq} + 1"
        | "ACK {frame} 本应完成三次握手：它的确认号 {ack} 是 SYN-ACK 的序号 {seq} + 1";
    seen crossing_syns(syns, synacks): "the SYNs of both sides crossed ({syns}), and each answered the other's with \
         a SYN-ACK ({synacks}): one connection (simultaneous open)"
        | "双方的 SYN 在途中交错（{syns}），各自用 SYN-ACK 应答了对方（{synacks}）：成为一个连接（同时打开）";
    seen crossing_syns_answered(syns, synack): "the SYNs of both sides crossed ({syns}), and SYN-ACK {synack} \
         answered: one connection (simultaneous open)"
        | "双方的 SYN 在途中交错（{syns}），SYN-ACK {synack} 作了应答：成为一个连接（同时打开）";
    seen refusing_rst(frame, resp, after, ack, seq):
        "{resp} answered with RST {frame} after {after}: its acknowledgment {ack} is the SYN's sequence \
         number {seq} + 1, so it answers this SYN"
        | "{resp} 在 {after} 后用 RST {frame} 回答：确认号 {ack} 是 SYN 的序号 {seq} + 1，正是回答这个 SYN";
    inferred nobody_listens(ip, port): "{ip} is up and its TCP answers, but no program listens on port \
         {port}"
        | "{ip} 在线，它的 TCP 会应答，但没有程序在端口 {port} 上监听";
    unknown refusing_program(port): "whether the program was never started, listens on another port or \
         address than {port}, or a firewall sends the RST cannot be known from here: `ss -ltn` tells it \
         there"
        | "是程序没有启动、监听的不是端口 {port}（或不是这个地址），还是防火墙发的 RST，从这里无法知道：\
           请在那台主机上用 `ss -ltn` 查看";
    inferred host_is_up(ip, by, frame): "{ip} itself is up: it answered {by} in {frame}"
        | "{ip} 本身在线：它在 {frame} 里应答了 {by}";
    inferred took_before(resp, conn, ack, before): "{resp} took {conn} {before} before ({ack}), so a program listened \
         there and nothing barred the way: either its listen queue was full, or the way or the program broke since"
        | "{resp} 在 {before} 之前接受过 {conn}（{ack}），可见那里有程序监听，路也是通的：要么监听队列满了，要么此后路断了或程序停了";
    unknown silent_host(ip): "whether a firewall dropped the SYN, the answer was lost, or the listen queue \
         was full cannot be known from here: a capture at {ip} would tell"
        | "是防火墙丢弃了 SYN、应答丢失了，还是监听队列满了，从这里无法知道：在 {ip} 上抓包就能知道";
    unknown silent_beyond_gateway(ip): "whether {ip} is down, the way beyond the gateway is broken, a \
         firewall dropped the SYN, or the listen queue was full cannot be known from here"
        | "是 {ip} 没有开机、网关之外的路断了、防火墙丢弃了 SYN，还是监听队列满了，从这里无法知道";
    unknown capture_too_short(frame): "whether an answer came after the capture ended cannot be known from \
         here: {frame} was the last try"
        | "抓包结束之后是否有应答，从这里无法知道：{frame} 是最后一次尝试";
    seen synack_again(resp, times, frames):
        "{resp} sent its SYN-ACK {times} times ({frames}): it waits for the ACK of the handshake"
        | "{resp} 发了 {times} 次 SYN-ACK（{frames}）：它在等握手的 ACK";
    seen synack_alone(frame, resp): "{resp} sent SYN-ACK {frame}" | "{resp} 发了 SYN-ACK {frame}";
    seen no_ack(orig, synack): "no ACK of {orig} to {synack} is in the capture" | "抓包里没有 {orig} 对 {synack} 的 ACK";
    unknown synack_or_ack_lost(orig): "whether the SYN-ACK never reached {orig} or its ACK was lost before \
         this point cannot be known from here; {orig} repeats its SYN in the first case"
        | "是 SYN-ACK 没有到达 {orig}，还是它的 ACK 在到达这里之前丢失，从这里无法知道；若是前者，{orig} 会重发 SYN";
    inferred synack_lost(orig, frames): "the SYN-ACK did not reach {orig}: it repeated its SYN afterwards \
         ({frames})"
        | "SYN-ACK 没有到达 {orig}：它之后又重发了 SYN（{frames}）";
    inferred ack_lost(resp, ack): "ACK {ack} passed here and did not reach {resp}, or {resp} threw it away \
         because its listen queue was full"
        | "ACK {ack} 经过了这里，却没有到达 {resp}；或者监听队列满了，{resp} 把它丢弃了";
    seen gave_up(frame, orig): "{orig} itself sent RST {frame} before the handshake was complete"
        | "{orig} 自己在三次握手完成之前就发了 RST {frame}";
    inferred gave_up_why(orig): "the program at {orig} ended or gave up waiting, or a port scan needed no \
         more than the SYN-ACK"
        | "{orig} 上的程序结束了或不再等待，也可能是只需要 SYN-ACK 的端口扫描";
    inferred began_before(frame): "the connection is older than the capture: its first frame here, {frame}, \
         is in the middle of it"
        | "连接比抓包更早：这里的第一帧 {frame} 已在连接中途";

    // ICMP.
    seen icmp(frame, who, reason, quoted): "{who} says “{reason}” in {frame}, which quotes {quoted}"
        | "{who} 在 {frame} 里报告“{reason}”，并引用了 {quoted}";
    seen icmp_again(frames, quoted): "it says so again in {frames}, about {quoted}"
        | "它在 {frames} 里又报告了一次，针对 {quoted}";
    seen resent_smaller(who, frames, largest): "{who} sent the refused bytes again in smaller segments, of at \
         most {largest} bytes of data: {frames}"
        | "{who} 把被拒绝的字节用更小的段重传，每段最多 {largest} 字节数据：{frames}";
    seen icmp_about_packet(frame, who, reason, src, dst): "{who} says “{reason}” in {frame}, about a packet from \
         {src} to {dst}"
        | "{who} 在 {frame} 里报告“{reason}”，针对从 {src} 到 {dst} 的一个包";
    unknown packet_not_here(frame): "what the packet was cannot be known from here: only {frame} quotes it"
        | "这是一个什么包，从这里无法知道：只有 {frame} 引用了它";
    seen icmp_mtu(frame, mtu): "{frame} tells the size that fits: at most {mtu} bytes"
        | "{frame} 说明了合适的大小：最多 {mtu} 字节";
    inferred port_closed(ip, port): "{ip} is up, but no program has opened UDP port {port}"
        | "{ip} 在线，但没有程序打开 UDP 端口 {port}";
    inferred forbidden(who): "{who} is or guards a firewall that rejects this on purpose"
        | "{who} 是防火墙，或在防火墙后面：它有意拒绝";
    inferred no_way(who): "{who} knows no way on to the destination, or nobody answers it there"
        | "{who} 不知道去目的地的路，或者那边没有应答";
    inferred too_far(who): "the packet used up its hops at {who}: a routing loop, or too small a TTL"
        | "包的跳数在 {who} 处用尽：路由成环，或 TTL 太小";
    inferred too_big(who): "the next link behind {who} takes only smaller packets: the sender has to make \
         them smaller (path MTU discovery)"
        | "{who} 后面的链路只能通过更小的包：发送方必须改小（路径 MTU 发现）";

    // Talking.
    seen talked(orig, orig_messages, orig_bytes, orig_frames, resp, resp_messages, resp_bytes, resp_frames):
        "{orig} said {orig_messages} {orig_messages:message|messages} ({orig_bytes} \
         {orig_bytes:byte|bytes}, {orig_frames}), {resp} {resp_messages} ({resp_bytes} \
         {resp_bytes:byte|bytes}, {resp_frames})"
        | "{orig} 说了 {orig_messages} 条（{orig_bytes} 字节，{orig_frames}），{resp} 说了 {resp_messages} 条（{resp_bytes} \
           字节，{resp_frames}）";
    seen talked_only(who, messages, bytes, frames, other): "{who} said {messages} {messages:message|messages} \
         ({bytes} {bytes:byte|bytes}, {frames}), {other} none"
        | "{who} 说了 {messages} 条（{bytes} 字节，{frames}），{other} 什么也没有说";
    seen talked_alone(who, messages, bytes, frames): "{who} said {messages} {messages:message|messages} ({bytes} \
         {bytes:byte|bytes}, {frames})"
        | "{who} 说了 {messages} 条（{bytes} 字节，{frames}）";
    seen nothing_said(frames): "neither side said a word in {frames}" | "在 {frames} 里双方都没有发送任何数据";
    seen long_silence(before, after, silence): "between {before} and {after} nobody said a word for {silence}"
        | "从 {before} 到 {after}，{silence} 里没有人说话";
    seen reset(frame, who, after, last): "{who} sent RST {frame}, {after} after the last words ({last})"
        | "{who} 发了 RST {frame}，距最后一条消息（{last}）{after}";
    seen reset_at_once(frame, who, last): "{who} sent RST {frame} right after the last words ({last})"
        | "{who} 紧接着最后一条消息（{last}）发了 RST {frame}";
    seen reset_unsaid(frame, who): "{who} sent RST {frame}" | "{who} 发了 RST {frame}";
    inferred program_died(who): "the program at {who} broke off instead of closing: it was killed, crashed, \
         closed with unread bytes, or asked for it (SO_LINGER 0)"
        | "{who} 上的程序没有正常关闭而是中断：被杀掉、崩溃、关闭时还有未读字节，或有意如此（SO_LINGER 0）";
    inferred cut_character(frame, rest, who, fin): "{frame} ends in the middle of a character, whose rest came in \
         {rest}: decoding what one recv() returns fails on it (UnicodeDecodeError), so the program at {who} ended and \
         closed (FIN {fin})"
        | "{frame} 在一个字符的中间结束，其余部分在 {rest} 里才到：对一次 recv() 的结果解码会失败（UnicodeDecodeError），\
           于是 {who} 上的程序结束并关闭（FIN {fin}）";
    inferred written_after_close(who, fin, data): "the program at {who} had closed already (FIN {fin}); what \
         came afterwards ({data}) found no reader"
        | "{who} 上的程序早已关闭（FIN {fin}）；之后到的数据（{data}）没有人读";
    unknown bytes_on_the_way(): "whether bytes that were still on their way were read cannot be known from \
         here: an RST throws them away"
        | "还在途中的字节是否被读到，从这里无法知道：RST 会把它们丢掉";
    seen greeted_late(frame, resp, after): "{resp} said its first words in {frame}, {after} after the \
         handshake, though nobody had to speak before it"
        | "{resp} 在 {frame} 才发出第一条消息，距握手完成已有 {after}，而它本不必等对方先说";
    seen never_greeted(resp, ack, waited): "{resp} said nothing for {waited} after ACK {ack} had completed the \
         handshake"
        | "ACK {ack} 完成握手之后，{resp} 有 {waited} 什么也没有说";
    inferred served_meanwhile(resp, served, place): "meanwhile {resp} served {served}, which had come before; this \
         one was in place {place}"
        | "在这期间 {resp} 正在服务先来的 {served}；它排在第 {place} 位";
    seen quiet_until(who, last, silence, end): "{who} said the last words ({last}); then nobody spoke for {silence}, \
         until {end}"
        | "{who} 发出了最后一条消息（{last}）；此后 {silence} 没有人说话，直到 {end}";
    seen quiet_to_the_end(who, last, silence): "{who} said the last words ({last}); then nobody spoke for {silence}, \
         until the capture ended"
        | "{who} 发出了最后一条消息（{last}）；此后直到抓包结束，{silence} 没有人说话";
    inferred both_waited(turn): "it was {turn}'s turn, and the other side stood in recv(): an empty Enter sends 0 \
         bytes, and then both stand in recv(), a deadlock"
        | "轮到 {turn} 说话，对方停在 recv()：空回车发出 0 字节，于是双方都停在 recv()，成为死锁";
    unknown empty_or_thinking(turn): "whether {turn} pressed an empty Enter or was only thinking cannot be known \
         from here: neither leaves a frame"
        | "{turn} 是按了空回车，还是只是在想，从这里无法知道：两者都不会留下任何帧";
    seen left_without_88(fin, who): "{who} sent FIN {fin} and had not said 88, which ends such a chat"
        | "{who} 发了 FIN {fin}，却没有说 88，而这种聊天要以 88 结束";
    inferred learnt_by_empty_read(resp, fin): "the program at {resp} learns it only from recv() that returns b'' \
         after {fin}; one that does not look prints empty lines for ever"
        | "{resp} 上的程序只能从 {fin} 之后返回 b'' 的 recv() 得知；不检查的程序会不停地打印空行";
    inferred waited_in_queue(resp): "the program at {resp} was busy: until its accept() the connection waited \
         in the listen queue"
        | "{resp} 上的程序正忙：在它调用 accept() 之前，连接在监听队列里等待";
    seen zero_window(frame, who): "{who} announced a window of 0 in {frame}: its receive buffer was full"
        | "{who} 在 {frame} 里通告窗口为 0：它的接收缓冲区满了";
    seen probed(who, probes, frames): "{who} asked {probes} {probes:time|times} whether there is room again \
         ({frames})"
        | "{who} 探测了 {probes} 次窗口是否重新打开（{frames}）";
    seen reopened(frame, stalled): "{frame} opened the window again after {stalled}"
        | "{frame} 在 {stalled} 后重新打开了窗口";
    seen never_reopened(who, closed): "{who} never opened its window again after {closed}"
        | "{closed} 之后，{who} 始终没有重新打开窗口";
    inferred does_not_read(who): "the program at {who} does not read what arrives, or reads it too slowly"
        | "{who} 上的程序不读收到的数据，或者读得太慢";
    seen resent(who, times, copy, original): "{who} sent {times} {times:segment|segments} again, the first in \
         {copy}, a copy of {original}"
        | "{who} 重传了 {times} 个段，第一个是 {copy}，是 {original} 的副本";
    seen resent_unseen(who, times, copy): "{who} sent {times} {times:segment|segments} again, the first in \
         {copy}, though the original never came by here"
        | "{who} 重传了 {times} 个段，第一个是 {copy}，而原来的段没有经过这里";
    seen resent_in_vain(who, times, frames): "{who} sent its last words {times} more {times:time|times} \
         ({frames}) and got no acknowledgment"
        | "{who} 把最后的数据重传了 {times} 次（{frames}），始终没有得到确认";
    inferred black_hole(bytes): "small frames passed, and full-size segments of {bytes} bytes that nobody may cut (DF) \
         did not, however often they were sent: it looks so where a link on the way takes only smaller packets, and \
         the ICMP error that says so is dropped (path MTU black hole)"
        | "小的帧能通过，而不许分片（DF）的 {bytes} 字节整段，无论重传多少次都没有通过：途中某条链路只能通过更小的包，\
           而报告此事的 ICMP 错误被丢弃时，就是这样（路径 MTU 黑洞）";
    unknown gone_or_cut(ip): "whether {ip} is gone, its link is cut, or a firewall drops the segments now cannot \
         be known from here: ping it, or capture there"
        | "是 {ip} 已不在、链路断了，还是防火墙现在丢弃这些段，从这里无法知道：可以 ping 它，或在那里抓包";
    inferred lost_behind(): "the original passed here, so it was lost behind this point, or its \
         acknowledgment was lost or late"
        | "原来的段经过了这里，所以是在这里之后丢失的，或者它的确认丢失或迟到了";
    inferred lost_before(): "the original did not pass here, so it was lost before this point"
        | "原来的段没有经过这里，所以是在到达这里之前丢失的";
    seen whole_in_the_end(frames): "every byte arrived in the end ({frames}): TCP mended it by itself"
        | "最终所有字节都送达了（{frames}）：TCP 通过重传补齐";
    seen missing(who, bytes, frames): "{bytes} {bytes:byte|bytes} of {who} {bytes:is|are} not in the capture, \
         though later ones are ({frames})"
        | "{who} 的 {bytes} 字节不在抓包里，而后面的在（{frames}）";
    unknown missing_where(): "whether they were lost on the wire or only missed by the capture cannot be \
         known from here"
        | "它们是在线路上丢失，还是只是没有抓到，从这里无法知道";
    seen bad_checksums(who, segments, frames): "{segments} {segments:segment|segments} of {who} had a wrong \
         checksum ({frames})"
        | "{who} 的 {segments} 个段校验和错误（{frames}）";
    inferred thrown_away(who): "{who} throws such away, as if they had been lost"
        | "{who} 会丢弃它们，就像丢失了一样";
    inferred sum_not_computed(answer, segment, who): "{answer} acts upon {segment} nevertheless, so it was whole on \
         the wire: {who} had not computed the sum yet when it was captured (its network card does), or the capture \
         damaged it"
        | "{answer} 却对 {segment} 作出了反应，可见它在线路上是完好的：抓到它时 {who} 还没有计算校验和（由网卡计算），\
           或者是抓包损坏了它";

    // Closing.
    seen closed_in_four(frames, who): "{who} closed first; FIN and ACK of both sides: {frames}"
        | "{who} 先关闭；四次挥手的 FIN 和 ACK：{frames}";
    seen closed_in_three(frames, who): "{who} closed first; the second FIN rode on the ACK of the first: \
         {frames}"
        | "{who} 先关闭；四次挥手合并为三个段，第二个 FIN 与对第一个 FIN 的 ACK 合在一起：{frames}";
    seen closed_at_once(frames): "both closed at the same time: {frames}" | "双方同时关闭：{frames}";
    seen one_fin(frame, who, other): "{who} sent FIN {frame}, and {other} never sent its own"
        | "{who} 发了 FIN {frame}，而 {other} 始终没有发自己的 FIN";
    inferred half_closed_why(other): "the program at {other} has not closed: it has more to say, or does \
         not notice that nobody reads any more"
        | "{other} 上的程序没有关闭：它还有话要说，或者没有发现已经没有人在读";
    unknown one_sided(who): "what {who} said cannot be known from here: no frame of it is in the capture, which \
         sees one direction only"
        | "{who} 说了什么，从这里无法知道：抓包里没有它的任何帧，只能看到一个方向";
    seen left_open(last, silence): "neither FIN nor RST is in the capture; the last words are {last}, {silence} \
         before its end"
        | "抓包里既没有 FIN 也没有 RST；最后一条消息是 {last}，在抓包结束前 {silence}";
    seen left_open_at_once(last): "neither FIN nor RST is in the capture, which ends with the last words, {last}"
        | "抓包里既没有 FIN 也没有 RST，抓包在最后一条消息 {last} 处结束";
    seen left_open_unsaid(last): "neither FIN nor RST is in the capture; the last frame is {last}"
        | "抓包里既没有 FIN 也没有 RST；最后一帧是 {last}";
    seen forgotten(last): "inspector itself let go of it after {last}: its table of connections was full \
         (--max-connections)"
        | "inspector 自己在 {last} 之后忘记了它：连接表满了（--max-connections）";
    seen stray_reset(frame, who): "{who} sent RST {frame}, but the number of it lies outside the window: as far as \
         can be seen here it resets nothing"
        | "{who} 发了 RST {frame}，但它的序号在窗口之外：从这里看，它不起作用";
    seen reused(last): "{last} was its last frame: then a new SYN used its sockets again, without FIN or valid RST \
         before it"
        | "{last} 是它的最后一帧：之后新的 SYN 又用了它的套接字，之前没有 FIN，也没有有效的 RST";
    unknown what_came_next(): "what came next cannot be known from here: capture for longer"
        | "接下来发生了什么，从这里无法知道：请抓得更久一些";
    seen fell_silent(last): "after {last} nothing came for longer than the idle limit"
        | "{last} 之后，沉默超过了空闲时限";
    unknown silent_or_gone(): "whether the hosts are only silent or gone without a word cannot be known from \
         here: TCP without keep-alive says nothing either way"
        | "两台主机只是沉默，还是不辞而别，从这里无法知道：没有保活探测的 TCP 在两种情况下都什么也不说";

    // UDP, fragments, pings.
    seen datagram(frame, orig, resp, bytes): "{frame}: {orig} sent {bytes} {bytes:byte|bytes} to {resp}"
        | "{frame}：{orig} 向 {resp} 发送 {bytes} 字节";
    seen answered(answer, question, wait): "{answer} answered {question} after {wait}"
        | "{answer} 在 {wait} 后答复了 {question}";
    seen no_datagram_back(resp, datagrams, frames): "{datagrams} {datagrams:datagram|datagrams} went there \
         ({frames}) and none came back from {resp}"
        | "发出了 {datagrams} 个数据报（{frames}），没有收到 {resp} 的任何答复";
    inferred broadcast_address(dst): "{dst} is a broadcast address: whoever listens takes it, and nobody has to answer"
        | "{dst} 是广播地址：凡是在听的都会收下，谁都不必答复";
    inferred not_owned_yet(dst): "this is DHCP: {dst} is only being offered or confirmed, and what its host answers \
         goes to everyone"
        | "这是 DHCP：{dst} 还只是在提供或确认之中，它的主机以广播答复";
    inferred answers_a_call(who, frame): "this itself is an answer: {who} had asked everyone in {frame}"
        | "这本身就是答复：{who} 在 {frame} 里问过所有人";
    seen answered_elsewhere(ip, frame): "{ip} did answer, from another port: {frame}"
        | "{ip} 从另一个端口作了答复：{frame}";
    inferred one_way_service(port, service): "port {port} is that of {service}, which goes one way only: nothing \
         answers it"
        | "端口 {port} 属于 {service}，它只有一个方向，本来就没有答复";
    inferred no_question(frames): "so many datagrams ({frames}) that wait for nothing go one way only: nothing shows \
         that an answer was expected"
        | "这么多互不等待的数据报（{frames}）只有一个方向：没有迹象表明需要答复";
    unknown udp_silence(ip): "whether the datagram was lost, dropped by a firewall, or read by a program \
         that does not answer cannot be known from here: UDP promises no answer; a closed port of {ip} \
         would have said so by ICMP"
        | "数据报是丢失了、被防火墙丢弃了，还是被一个不答复的程序读了，从这里无法知道：UDP 不保证答复；\
           {ip} 的端口若是关闭，会用 ICMP 说明";
    seen fragments(frames, id, missing): "of datagram {id} only {frames} came, missing are {missing}"
        | "数据报 {id} 只到了 {frames}；缺少{missing}";
    seen contradiction(frames, id): "the fragments {frames} of datagram {id} hold different bytes for one place"
        | "数据报 {id} 的分片 {frames} 在同一位置有不同的字节";
    inferred not_one_sender(dst): "no sender cuts a datagram so: two datagrams share one number, or somebody forges \
         fragments to be read differently by a firewall and by {dst}"
        | "没有发送方会这样分片：两个数据报用了同一个编号，或者有人伪造分片，让防火墙和 {dst} 读到不同的内容";
    unknown which_is_right(): "which bytes a receiver keeps cannot be known from here: systems differ, and many drop \
         the whole datagram (RFC 5722)"
        | "接收方保留哪些字节，从这里无法知道：各系统不同，很多会丢弃整个数据报（RFC 5722）";
    inferred no_datagram(dst): "{dst} cannot put it together: after a while it throws away the fragments that \
         came, and its program sees nothing of it"
        | "{dst} 无法重组：超时后会丢弃已到的分片，程序什么也收不到";
    inferred at_least_too_long(len, mtu): "it was cut because it does not fit into one packet of {mtu}: its last piece \
         is missing, so its size is unknown, at least {len} bytes"
        | "它被分片，因为放不进一个 {mtu} 字节的包：缺少最后一片，所以大小未知，至少 {len} 字节";
    inferred too_long_for_the_link(len, mtu): "it was cut because {len} bytes do not fit into one packet of {mtu}; \
         each further fragment is one more that can be lost"
        | "它被分片，因为 {len} 字节放不进一个 {mtu} 字节的包；每多一个分片，就多一个可能丢失的";
    inferred fragment_lost_before(): "the missing piece did not pass here, so it was lost before this point"
        | "缺少的分片没有经过这里，所以是在到达这里之前丢失的";
    seen ping_silent(frame, src, dst): "{src} pinged {dst} in {frame}; no reply is in the capture"
        | "{src} 在 {frame} 里 ping {dst}；抓包里没有回复";
    unknown ping_silence(ip): "whether {ip} ignores pings, a firewall drops them, or {ip} is gone cannot be \
         known from here: many hosts are silent on purpose"
        | "是 {ip} 不理会 ping、防火墙丢弃了它，还是 {ip} 已不在，从这里无法知道：很多主机有意不回复";
    seen ping_replied(reply, question, rtt): "{reply} answered {question} after {rtt}"
        | "{reply} 在 {rtt} 后回复了 {question}";
}

/// What all claims are: their names, their English, their Chinese.
#[cfg(test)]
pub(in crate::report) const CLAIMS: [&[(&str, &str, &str)]; 2] = [FACTS, frame::FACTS];
