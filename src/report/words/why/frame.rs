//! What `why` claims of a single frame: which way it went, what it is, what it repeats or says.

use super::facts;

facts! {
    // Its way.
    seen to_many(frame, mac): "{frame} went to {mac}, which is not one host's MAC: whoever listens takes it"
        | "{frame} 发往 {mac}，这不是某一台主机的 MAC：凡是在听的都会收下";
    seen to_claimant(frame, mac, dst, since): "{frame} went to {mac}, which claims {dst} since {since}"
        | "{frame} 发往 {mac}，它从 {since} 起声称拥有 {dst}";
    seen told_own_mac(ip, mac, frame): "{ip} told its own MAC {mac} in {frame}, where it asked or announced"
        | "{ip} 在 {frame} 里提问或宣告时告知了自己的 MAC：{mac}";
    inferred by_way_of(frame, mac, ip, dst): "{frame} went to {mac}, the MAC of {ip} and not of {dst}: {ip} is a \
         gateway and passes it on"
        | "{frame} 发往 {mac}，这是 {ip} 的 MAC，而不是 {dst} 的：{ip} 是网关，由它转发";

    // A single frame.
    seen copy_of(frame, original): "{frame} is a retransmission: it repeats {original}, of which no acknowledgment \
         had come by here"
        | "{frame} 是重传：它重复 {original}，而此前这里没有看到对后者的确认";
    seen copy_of_unseen(frame): "{frame} is a retransmission: others behind it came before, and the original never \
         came by here"
        | "{frame} 是重传：它后面的字节早已到过，而原来的段没有经过这里";
    seen needless_copy(frame, len): "{frame} repeats {len} {len:byte|bytes} that had been acknowledged already"
        | "{frame} 重传了早已被确认的 {len} 字节";
    inferred acknowledgment_late(who): "the acknowledgment was lost or late on its way to {who}, or {who} was too \
         impatient"
        | "确认在去 {who} 的路上丢失或迟到了，或者 {who} 等得太短";
    seen sent_again_in(frame, copies): "{frame} was sent again in {copies}" | "{frame} 在 {copies} 里又被重传";
    seen came_late(frame): "{frame} carries bytes that stand before those of earlier frames"
        | "{frame} 携带的字节在先前到达的字节之前";
    inferred overtaken(): "frames overtook each other on the way, or an earlier copy was lost before this point"
        | "帧在途中互相超越，或者更早的一份在到达这里之前丢失了";
    seen asks_again(frame, who): "{frame} acknowledges the same once more: {who} got something behind a hole, and \
         asks for what is missing (duplicate ACK)"
        | "{frame} 再次确认同样的内容：{who} 收到了缺口之后的数据，在要缺少的部分（重复 ACK）";
    seen window_probe(frame, who): "with {frame} {who} asks whether there is room again: its number has been \
         acknowledged already, so an answer must come (window probe)"
        | "{who} 用 {frame} 问是否又有空间：它的序号早已被确认，所以对方必须回答（窗口探测）";
    seen keep_alive(frame, who): "with {frame} {who} asks whether the other side is still there: its number has \
         been acknowledged already, so an answer must come (keep-alive)"
        | "{who} 用 {frame} 问对方还在不在：它的序号早已被确认，所以对方必须回答（保活探测）";
    seen other_bytes(frame, len): "{frame} holds {len} other {len:byte|bytes} than came before for the same place: \
         the first are kept"
        | "{frame} 中有 {len} 字节与同一位置先前的不同：保留先到的";
    seen bad_checksum(frame): "the checksum of {frame} is wrong" | "{frame} 的校验和错误";
    inferred thrown_away_or_uncomputed(): "a receiver throws such a frame away; where it is answered nevertheless, \
         the sum was not computed yet when it was captured"
        | "接收方会丢弃这样的帧；如果它仍然得到了应答，那就是抓到它时校验和还没有计算";
    seen hole(frame, len): "before {frame} {len} {len:byte|bytes} are missing that never came by here"
        | "{frame} 之前缺少 {len} 字节，它们没有经过这里";
    seen rst_out_of_window(frame): "the number of {frame} lies outside the window: it resets nothing"
        | "{frame} 的序号在窗口之外：它不起作用";
    seen says(who, frames, words, bytes): "{who} says “{words}” in {frames} ({bytes} {bytes:byte|bytes})"
        | "{who} 在 {frames} 里说“{words}”（{bytes} 字节）";
    seen says_bytes(who, frames, bytes): "{who} sends {bytes} {bytes:byte|bytes} in {frames} that are no text"
        | "{who} 在 {frames} 里发送 {bytes} 字节，不是文字";
    seen no_ports(frame, id): "{frame} has no port numbers, for only the first fragment holds them: number {id} ties \
         the fragments together"
        | "{frame} 没有端口号，因为只有第一个分片带有端口号：编号 {id} 把各分片联系在一起";
    seen made_whole(frames, id, len): "{frames} together are datagram {id} of {len} {len:byte|bytes}"
        | "{frames} 合起来是数据报 {id}，共 {len} 字节";
    seen arp_question(frame, asker, ip): "{frame} is an ARP question: {asker} asks everyone who has {ip}"
        | "{frame} 是 ARP 提问：{asker} 问所有人谁是 {ip}";
    seen arp_announcement(frame, ip, mac): "{frame} is a gratuitous ARP: unasked, it tells everyone that {ip} \
         is at {mac}"
        | "{frame} 是免费 ARP：没有人问，它主动告诉所有人 {ip} 的 MAC 地址是 {mac}";
    seen arp_probe(frame, mac, ip): "{frame} is an ARP probe: {mac} wants to take {ip} and asks whether \
         anybody has it"
        | "{frame} 是 ARP 探测：{mac} 想使用 {ip}，先问有没有人在用";
    seen arp_answer(frame, ip, mac, asker): "{frame} is an ARP answer: {ip} is at {mac}, for {asker}"
        | "{frame} 是 ARP 应答：{ip} 的 MAC 地址是 {mac}，告诉 {asker}";
    seen needed_for(frame, what, first): "{frame} was needed for {what}, whose first frame is {first}"
        | "{frame} 是 {what} 所需要的，后者的第一帧是 {first}";
    seen segment(frame, src, dst, flags, seq, ack, window, len):
        "{frame} is a TCP segment {src} → {dst}: {flags}, seq {seq}, ack {ack}, window {window}, {len} \
         {len:byte|bytes} of data"
        | "{frame} 是 TCP 段 {src} → {dst}：{flags}，seq {seq}，ack {ack}，窗口 {window}，数据 {len} 字节";
    seen segment_without_ack(frame, src, dst, flags, seq, window, len):
        "{frame} is a TCP segment {src} → {dst}: {flags}, seq {seq}, window {window}, {len} \
         {len:byte|bytes} of data"
        | "{frame} 是 TCP 段 {src} → {dst}：{flags}，seq {seq}，窗口 {window}，数据 {len} 字节";
    seen acknowledges(frame, frames, ack): "{frame} acknowledges {frames}: {ack} is the number of the next byte \
         that it expects"
        | "{frame} 确认了 {frames}：{ack} 是它期待的下一个字节的序号";
    seen acknowledges_nothing_new(frame, ack): "{frame} acknowledges nothing new: {ack} was acknowledged before"
        | "{frame} 没有确认新的东西：{ack} 之前已经确认过";
    seen other_window(frame, window, before): "{frame} tells another window: {window}, and {before} before (window \
         update)"
        | "{frame} 通告了另一个窗口：{window}，之前是 {before}（窗口更新）";
    inferred pure_ack(frame): "{frame} carries no data, so nothing answers it: it only says “got it”"
        | "{frame} 不带数据，所以不会得到应答：它只表示“收到了”";
    seen udp_frame(frame, src, dst, len): "{frame} is a UDP datagram {src} → {dst}, {len} {len:byte|bytes}"
        | "{frame} 是 UDP 数据报 {src} → {dst}，{len} 字节";
    seen icmp_frame(frame, src, dst, reason): "{frame} is an ICMP message {src} → {dst}: {reason}"
        | "{frame} 是 ICMP 消息 {src} → {dst}：{reason}";
    seen icmp_of_type(frame, src, dst, kind, code): "{frame} is an ICMP message {src} → {dst} of type {kind}, code \
         {code}"
        | "{frame} 是 ICMP 消息 {src} → {dst}：类型 {kind}，代码 {code}";
    seen quotes(frame, protocol, src, dst): "{frame} quotes the {protocol} packet {src} → {dst} that it \
         complains about"
        | "{frame} 引用了出错的 {protocol} 包 {src} → {dst}";
    seen fragment(frame, src, dst, from, last, id): "{frame} is a fragment {src} → {dst}: bytes {from} to \
         {last} of datagram {id}"
        | "{frame} 是分片 {src} → {dst}：数据报 {id} 的第 {from} 到 {last} 字节";
    seen other_frame(frame, src, dst): "{frame} goes from {src} to {dst}; what it carries is not followed \
         here"
        | "{frame} 从 {src} 到 {dst}；它携带的内容这里不跟踪";
    seen unread_frame(frame, layer, offset):
        "{frame} cannot be read to its end: the {layer} header at byte {offset} is cut or says what \
         cannot be"
        | "{frame} 无法读到底：第 {offset} 字节处的 {layer} 首部被截断，或内容不可能成立";
    seen nameless_frame(frame): "{frame} is of a kind that is not followed here: `inspector read --view packets \
         -v -x` shows its bytes"
        | "{frame} 的种类这里不跟踪：`inspector read --view packets -v -x` 显示它的字节";
    seen belongs_to(frame, what): "{frame} belongs to {what}" | "{frame} 属于 {what}";
    seen came_out(what, verdict): "what became of {what}: {verdict}" | "{what} 的结局：{verdict}";
}
