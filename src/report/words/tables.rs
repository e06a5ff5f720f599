//! The closing tables, that of the interfaces, and what is said beside them.

use super::{labels, phrases};

labels! {
    // The capture.
    CAPTURE: "Capture" | "抓包";
    SOURCE: "source" | "来源";
    LINK_TYPE: "link type" | "链路类型";
    TOLD: "told" | "讲述范围";
    FRAMES: "frames" | "帧";
    DECODED: "  decoded" | "  已解码";
    MALFORMED: "  malformed" | "  格式错误";
    UNSUPPORTED: "  not decoded (unsupported)" | "  未解码（不支持）";
    FILTERED: "  kept out by the filter" | "  被过滤掉";
    CUT: "  cut by the capture (snaplen)" | "  被抓包截短（snaplen）";
    BAD_CHECKSUMS: "  with a wrong checksum" | "  校验和错误";
    BYTES: "bytes" | "字节";
    FIRST_FRAME: "first frame" | "第一帧";
    LAST_FRAME: "last frame" | "最后一帧";
    DURATION: "duration" | "时长";
    RECEIVED: "received by the kernel" | "内核收到";
    KERNEL_DROPPED: "dropped by the kernel" | "内核丢弃";
    INTERFACE_DROPPED: "dropped by the interface" | "网卡丢弃";
    UNKNOWN: "unknown" | "未知";
    END: "end" | "结尾";
    TRUNCATED: "inside a record: the file is incomplete" | "在一条记录中间：文件不完整";
    NORMALISED: "records that contradict themselves" | "自相矛盾的记录";
    BACKWARDS: "frames earlier than the one before" | "时间早于前一帧的帧";
    CONNECTIONS_FORGOTTEN: "connections forgotten (table full)" | "被遗忘的连接（表满）";
    EXCHANGES_FORGOTTEN: "exchanges forgotten (table full)" | "被遗忘的会话（表满）";
    HOSTS_FORGOTTEN: "hosts forgotten (table full)" | "被遗忘的主机（表满）";
    QUESTIONS_FORGOTTEN: "questions forgotten (table full)" | "被遗忘的提问（表满）";
    FRAGMENTS_FORGOTTEN: "fragments forgotten (table full)" | "被遗忘的分片（表满）";
    BYTES_FORGOTTEN: "stream bytes forgotten" | "被遗忘的流字节";
    GAPS_FORGOTTEN: "stream gaps not waited for" | "未再等待的流缺口";

    // Hosts.
    HOSTS: "Hosts" | "主机";
    IP: "ip" | "IP";
    MAC: "mac" | "MAC";
    LEARNT_IN: "learnt in" | "得知于";
    TCP: "tcp" | "TCP";
    UDP: "udp" | "UDP";
    REMARKS: "remarks" | "备注";
    GATEWAY: "gateway" | "网关";
    BEHIND_GATEWAY: "behind the gateway" | "在网关后面";
    CLAIMED_BY_TWO: "claimed by two" | "两台主机争用";

    // Connections and exchanges.
    TCP_CONNECTIONS: "TCP connections" | "TCP 连接";
    UDP_EXCHANGES: "UDP exchanges" | "UDP 会话";
    ID: "id" | "编号";
    ORIGINATOR: "originator" | "发起方";
    RESPONDER: "responder" | "响应方";
    BETWEEN: "between" | "双方";
    STATE: "state" | "状态";
    HISTORY: "history" | "历史";
    HANDSHAKE: "handshake" | "握手";
    RTT: "rtt" | "RTT";
    TEARDOWN: "teardown" | "关闭";
    OPENED_CLOSED: "opened / closed" | "建立 / 关闭";
    PACKETS: "packets" | "包";
    PACKETS_THERE: "packets →" | "包 →";
    BYTES_THERE: "bytes →" | "字节 →";
    BACK: "←" | "←";
    DATAGRAMS: "datagrams" | "数据报";
    DATAGRAMS_THERE: "datagrams →" | "数据报 →";

    // How a handshake went.
    COMPLETE: "complete" | "完成";
    SIMULTANEOUS: "simultaneous" | "同时";
    REFUSED: "refused" | "被拒绝";
    UNANSWERED: "unanswered" | "无应答";
    UNREACHABLE: "unreachable" | "不可达";
    HALF_OPEN: "half open" | "半开";
    ABORTED: "aborted" | "已放弃";
    NOT_SEEN: "not seen" | "未看到";
    // How a teardown went.
    FOUR_SEGMENTS: "four segments" | "四个段";
    THREE_SEGMENTS: "three segments" | "三个段";
    HALF_CLOSED: "half closed" | "半关闭";
    RESET: "reset" | "重置";
    NONE: "none" | "无";

    // Address resolution.
    ADDRESS_RESOLUTION: "Address resolution" | "地址解析";
    BY: "by" | "方式";
    ASKED: "asked" | "提问";
    ANSWERED: "answered" | "有答复";
    ANNOUNCED: "announced" | "主动通告";
    PROBES: "probes" | "探测";
    CONFLICTS: "conflicts" | "冲突";
    ARP: "arp" | "ARP";
    NEIGHBOUR_DISCOVERY: "neighbour discovery" | "邻居发现";
    PING: "ping" | "ping";

    // The interfaces of this machine.
    INTERFACES: "Interfaces" | "网络接口";
    INDEX: "#" | "#";
    NAME: "name" | "名称";
    ADDRESSES: "addresses" | "地址";
    UP: "up" | "已启用";
    NO_CARRIER: "up, no carrier" | "已启用，无载波";
    DOWN: "down" | "已停用";
    NO_INTERFACES: "none: the system does not tell" | "无：系统没有告知";
}

phrases! {
    told_only(choice): "only {choice}; what is counted here and under address resolution is everything"
        | "只讲 {choice}；这里和地址解析里的计数包括全部";
    conversations_with(conversations, hosts): "{conversations} with {hosts}"
        | "{conversations} 中与 {hosts} 有关的";
    guessed(who): "{who} (guessed)" | "{who}（猜测）";
    opened_in(how, rtt): "{how}, {rtt}" | "{how}，{rtt}";
    in_frames(n, frames): "{n} ({frames} frames)" | "{n}（{frames} 帧）";
    unanswered(n): "{n} unanswered" | "{n} 个未获答复";
    unreachable(n): "{n} unreachable" | "{n} 个不可达";
    more_hosts(all, hidden):
        "those with the most conversations of {all} hosts; {hidden} are not shown, `--top all` shows \
         them"
        | "这是 {all} 台主机中会话最多的；还有 {hidden} 台没有显示，`--top all` 显示全部";
    more_connections(all, hidden):
        "the largest by bytes of {all} connections; {hidden} are not shown, `--top all` shows them"
        | "这是 {all} 个连接中字节最多的；还有 {hidden} 个没有显示，`--top all` 显示全部";
    more_exchanges(all, hidden):
        "the largest by bytes of {all} exchanges; {hidden} are not shown, `--top all` shows them"
        | "这是 {all} 个会话中字节最多的；还有 {hidden} 个没有显示，`--top all` 显示全部";

    // Names of people.
    share(first, last, address): "{first} and {last} share {address}: they cannot be told apart here"
        | "{first} 和 {last} 共用 {address}：在这里无法区分";
}
