//! The sentences of the transcript.

use super::{labels, phrases};

labels! {
    TCP: "TCP, as people spoke" | "TCP：人们说的话";
    UDP: "UDP, as people spoke" | "UDP：人们说的话";
    WHAT_IT_COST: "What it cost" | "花了多少帧";
    MORE_BELOW: "… (-v shows all of it)" | "……（-v 显示全部）";
    EMPTY: "(empty datagram)" | "（空数据报）";
    COMMA: ", " | "、";
    SEMICOLON: "; " | "；";
    ENDS_CHAT: "88 ends the chat" | "88 结束聊天";
    WHO_IS_WHO: "╭ is the side that began, ┏ the other one." | "╭ 是发起的一方，┏ 是应答的一方。";
}

phrases! {
    // In and on a bubble.
    characters(n, bytes): "{n} {n:character|characters}, {bytes} {bytes:byte|bytes}"
        | "{n} 个字符，{bytes} 字节";
    bytes(n): "{n} {n:byte|bytes}" | "{n} 字节";
    missing(n): "[bad|{n} {n:byte|bytes} missing before this]" | "[bad|此前缺 {n} 字节]";
    not_kept(n): "[odd|{n} {n:byte|bytes} not captured]" | "[odd|{n} 字节没有抓到]";
    after(span): "after {span}" | "{span} 后";
    refused_words(n, reset): "{n} {n:byte|bytes} met RST {reset}: not received" | "{n} 字节遇到 RST {reset}：没有收到";
    after_queue(span): "after {span} in the queue" | "排队 {span} 后";

    // How it begins.
    meet(id, orig, resp): "{id}: ╭ {orig} and ┏ {resp}" | "{id}：╭ {orig} 与 ┏ {resp}";
    no_handshake(who): "{who}, no handshake" | "{who}，没有握手";
    fan_in(who, n): "{who}, no handshake; ┏ is one socket that has {n} clients now"
        | "{who}，没有握手；┏ 是一个套接字，现在有 {n} 个客户端";
    connected(frames): "╭ connect(): SYN, SYN-ACK, ACK ({frames}): [good|connected]"
        | "╭ connect()：SYN、SYN-ACK、ACK（{frames}）：[good|已连接]";
    connected_after(connected, span): "{connected} after {span}" | "{connected}，用时 {span}";
    crossed(frames): "╭ connect() ┏ connect(): two SYNs crossed and were answered ({frames}): [good|connected]"
        | "╭ connect() ┏ connect()：两个 SYN 交错，并得到应答（{frames}）：[good|已连接]";
    refused(frame, port): "╭ connect() raises [bad|ConnectionRefusedError]: RST {frame}, nobody listens on port {port}"
        | "╭ connect() 抛出 [bad|ConnectionRefusedError]：RST {frame}，端口 {port} 上没有程序在监听";
    unanswered(n): "╭ connect() waits: [bad|no answer] to {n} {n:SYN|SYNs}; in the end it raises TimeoutError"
        | "╭ connect() 在等：{n} 个 SYN 都[bad|没有得到应答]；最后会抛出 TimeoutError";
    unanswered_yet(n): "╭ connect() waits: [odd|no answer] to {n} {n:SYN|SYNs} before the capture ended"
        | "╭ connect() 在等：直到抓包结束，{n} 个 SYN 都[odd|没有得到应答]";
    unreachable(reason): "╭ connect() raises [bad|OSError]: {reason}" | "╭ connect() 抛出 [bad|OSError]：{reason}";
    half_open(): "╭ connect(): [bad|half open], the SYN-ACK was never acknowledged"
        | "╭ connect()：[bad|半开]，SYN-ACK 一直没有得到确认";
    aborted(): "╭ connect(): [bad|given up] by RST before the handshake was complete"
        | "╭ connect()：握手完成之前就用 RST [bad|放弃了]";
    began_before(): "began before the capture: no handshake seen" | "抓包之前就开始了：没有看到握手";

    // Whose turn it is, who waits, who leaves.
    queued(id, place, served):
        "[odd|{id} waits in the kernel's queue, place {place}]: connected, but not greeted yet, while {served} is served: accept() has not returned for it (inferred)"
        | "[odd|{id} 在内核的队列里等待，第 {place} 位]：已连接，但还没有收到问候，服务端正在服务 {served}：accept() 还没有轮到它（推断）";
    nobody_spoke_for(span): "nobody spoke for {span}" | "{span} 内没有人说话";
    turn(span, who): "{span} of silence: it is {who}'s turn" | "沉默了 {span}：轮到 {who}";
    both_wait(span, who):
        "[odd|both wait since {span}]: it is {who}'s turn. It thinks, or an empty Enter has sent 0 bytes and both are in recv(): a deadlock (inferred)"
        | "[odd|双方都在等，已有 {span}]：轮到 {who}。它在想，或者空回车发出了 0 字节，双方都停在 recv()：死锁（推断）";
    both_waited(span, who):
        "[odd|both waited for {span}]: it was {who}'s turn. An empty Enter sends 0 bytes, and then both are in recv(): a deadlock (inferred)"
        | "[odd|双方都等了 {span}]：本来轮到 {who}。空回车发出 0 字节，双方都停在 recv()：死锁（推断）";
    open_at_the_end(who): "still open as the capture ends: it is {who}'s turn"
        | "抓包结束时还开着：轮到 {who}";
    not_greeted(span): "╭ is in recv() since {span}: [odd|nobody has spoken yet]"
        | "╭ 停在 recv() 已 {span}：[odd|还没有人说过话]";
    at_the_end(sentence): "{sentence}; then the capture ends" | "{sentence}；抓包到此结束";
    closed(mark, frame, other): "{mark} close() or shutdown(): FIN {frame}; recv() returns b'' at {other}"
        | "{mark} close() 或 shutdown()：FIN {frame}；{other} 的 recv() 返回 b''";
    closed_too(mark, frame): "{mark} close(): FIN {frame}" | "{mark} close()：FIN {frame}";
    closed_without_word(mark, frame, other):
        "{mark} close(): FIN {frame}, [odd|left without a word] (no 88); recv() returns b'' at {other}"
        | "{mark} close()：FIN {frame}，[odd|不辞而别]（没有说 88）；{other} 的 recv() 返回 b''";
    reset(mark, frame, other): "{mark} [bad|breaks off]: RST {frame}; recv() raises ConnectionResetError at {other}"
        | "{mark} [bad|中断了连接]：RST {frame}；{other} 的 recv() 抛出 ConnectionResetError";
    reset_without_word(mark, frame, other):
        "{mark} [bad|breaks off]: RST {frame}, left without a word (no 88); recv() raises ConnectionResetError at {other}"
        | "{mark} [bad|中断了连接]：RST {frame}，不辞而别（没有说 88）；{other} 的 recv() 抛出 ConnectionResetError";
    vanished(mark, n):
        "{mark} [bad|has vanished]: {n} {n:segment|segments} sent again without an answer. The host is gone or the wire is cut: which, cannot be known from here"
        | "{mark} [bad|消失了]：重传 {n} 次都没有应答。是主机已不在还是线路断了，从这里无法知道";
    no_reply(n):
        "[odd|no answer] to the last {n} {n:datagram|datagrams}: ╭ waits in recvfrom() (inferred). Lost, or ┏ has nothing to say: which, cannot be known from here"
        | "最后 {n} 个数据报[odd|没有得到答复]：╭ 停在 recvfrom()（推断）。是丢了，还是 ┏ 无话可说，从这里无法知道";
    never_a_reply(n):
        "[odd|no answer] to {n} {n:datagram|datagrams}: lost, not answered, or none was due: which, cannot be known from here"
        | "{n} 个数据报[odd|没有得到答复]：是丢了、没有答复，还是本来就不用答复，从这里无法知道";
    icmp(from, reason, frames): "{from} says [bad|{reason}] about {frames}" | "{from} 报告 {frames} [bad|{reason}]";

    undelivered(from, reason, frames): "{from} says [bad|{reason}] about {frames}: nobody is given it"
        | "{from} 报告 {frames} [bad|{reason}]：没有程序收到它";

    // What a program was given.
    unread(mark, n):
        "{mark} has not read [odd|{n} {n:byte|bytes}]: such a program reads once and then sends, and a server greets first"
        | "{mark} 没有读 [odd|{n} 字节]：这样的程序读一次，再发一次，服务端要先问候";
    read(mark, call, n, of, then): "{mark} {call} returns {n} {n:byte|bytes}{of}{then}"
        | "{mark} {call} 返回 {n} 字节{of}{then}";
    read_empty(mark, call): "{mark} {call} returns b'': prints an empty line" | "{mark} {call} 返回 b''：打印一个空行";
    prints(words): ": prints {words}" | "：打印{words}";
    fails(words): ": [bad|UnicodeDecodeError]: {words}; the program ends here"
        | "：[bad|UnicodeDecodeError]：{words}；程序到此结束";
    unknown(): ": the capture does not hold all of them" | "：抓包里没有全部字节";
    glued(n): ", [odd|{n} messages glued]" | "，[odd|{n} 条消息粘在一起]";
    split(): ", [odd|split]" | "，[odd|消息被拆开]";
    left(n): ", {n} more wait in the kernel" | "，还有 {n} 字节在内核里等着";
    lost(n): ", [bad|{n} {n:byte|bytes} lost without a word]" | "，[bad|{n} 字节被悄悄丢弃]";
    race(): " (or fewer: they came in several segments at once)" | "（也可能更少：它们同时分几段到达）";
    in_frames(frames): " in {frames}" | "，见 {frames}";

    // The end.
    price_tcp(id, n, bytes, frames, parts):
        "{id}: {n} {n:message|messages} of {bytes} {bytes:byte|bytes} in {frames} {frames:frame|frames}: {parts}"
        | "{id}：{n} 条消息，{bytes} 字节，用了 {frames} 帧：{parts}";
    to_open(n): "{n} to open" | "建立连接 {n} 帧";
    with_words(n): "{n} with words" | "带有文字 {n} 帧";
    only_acks(n): "{n} that only {n:acknowledges|acknowledge}" | "只作确认 {n} 帧";
    to_close(n): "{n} to close" | "关闭连接 {n} 帧";
    sent_again(n): "{n} sent again" | "重传 {n} 帧";
    round_trip(min, median, max): "round trip {min} to {max}, median {median}" | "往返时间 {min} 到 {max}，中位数 {median}";
    round_trip_once(span): "round trip {span}" | "往返时间 {span}";
    price_udp(id, n, bytes, frames):
        "{id}: {n} {n:message|messages} of {bytes} {bytes:byte|bytes} in {frames} {frames:frame|frames}, and nothing else"
        | "{id}：{n} 条消息，{bytes} 字节，用了 {frames} 帧，没有别的";
    last_seen(sentence, span): "{sentence}; last seen {span} before the end, for UDP says no goodbye"
        | "{sentence}；最后一次出现在结束前 {span}，因为 UDP 不说再见";
    one_socket(server, clients, n): "{server} ⇐ {clients}: one socket, {n} clients" | "{server} ⇐ {clients}：一个套接字，{n} 个客户端";
    and_others(n): " and {n} more" | " 等，另有 {n} 个";
    more_prices(n): "… and {n} more {n:conversation|conversations} (--top all shows all)" | "……另有 {n} 个会话（--top all 显示全部）";
    total_same(n, tcp, udp): "{n} {n:message|messages}: {tcp} {tcp:frame|frames} over TCP, {udp} over UDP"
        | "{n} 条消息：TCP 用了 {tcp} 帧，UDP 用了 {udp} 帧";
    total_tcp(n, frames): "{n} {n:message|messages}: {frames} {frames:frame|frames} over TCP" | "{n} 条消息：TCP 用了 {frames} 帧";
    total_udp(n, frames): "{n} {n:message|messages}: {frames} {frames:frame|frames} over UDP" | "{n} 条消息：UDP 用了 {frames} 帧";
    nobody_spoke(): "nobody speaks TCP or UDP here; --view timeline tells what there is"
        | "这里没有人用 TCP 或 UDP 说话；--view timeline 讲述有什么";
    left_out(n, m): "… {n} more {n:message|messages} and {m} {m:step|steps}: --conn tcp-1 shows one conversation, -v all of them"
        | "……另有 {n} 条消息和 {m} 个步骤：--conn tcp-1 只显示一个会话，-v 显示全部";
    unfollowed(n): "{n} {n:message|messages} of conversations that there was no room to follow"
        | "有 {n} 条消息所属的会话太多，没有跟踪";
}
