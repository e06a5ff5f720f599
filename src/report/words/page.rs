//! The words of the HTML page.

use super::{Label, labels, phrases};

labels! {
    SUMMARY: "Summary" | "概览";
    WENT_WRONG: "What went wrong" | "哪里出了问题";
    LADDER: "Ladder" | "时序图";
    CONVERSATIONS: "Who said what" | "谁说了什么";
    STORY: "Story" | "经过";
    TABLES: "Tables" | "表格";
    DETAILS: "the capture in numbers" | "抓包的数字";
    NOTHING_FAILED: "Nothing failed here." | "这里没有出现故障。";

    // The table of questions.
    FRAME: "frame" | "帧";
    TIME: "time" | "时间";
    PROTOCOL: "protocol" | "协议";
    WHO_HAS: "who has" | "询问的地址";
    ASKED_BY: "asked by" | "询问者";
    TRIES: "tries" | "次数";
    AFTER: "after" | "用时";
    OUTCOME: "outcome" | "结果";
    ANNOUNCED: "told unasked" | "主动告知";
    PROBED: "about to take it" | "准备使用";
    CLAIMED: "claimed by a second host" | "第二台主机声称拥有";

    // The words of TCP.
    GLOSSARY: "What do SYN, FIN and the others mean?" | "SYN、FIN 等词是什么意思？";
    MEANING_SYN: "“I want to talk”: the first segment of each side; it says where the side begins to count."
        | "“我想通话”：每一方的第一个段，说明从哪个编号开始计数。";
    MEANING_ACK: "“I have everything up to here”: the number of the next byte that is wanted."
        | "“到这里为止我都收到了”：下一个想要的字节的编号。";
    MEANING_FIN: "“I have said everything”: this side closes, the other may go on."
        | "“我说完了”：这一方关闭，另一方还可以继续。";
    MEANING_RST: "“There is no such connection”: it ends at once, and what was under way may be lost."
        | "“没有这个连接”：连接立刻结束，途中的数据可能丢失。";
    MEANING_SEQ: "the number of a segment's first byte, counted from its side's SYN."
        | "段中第一个字节的编号，从这一方的 SYN 开始数。";
    MEANING_MSS: "the most bytes that a side takes in one segment." | "一方在一个段里最多接收的字节数。";
    MEANING_LISTEN: "a program waits for connections." | "程序在等待连接。";
    MEANING_ESTABLISHED: "both have agreed to talk." | "双方都已同意通话。";
    MEANING_TIME_WAIT: "who closed first waits a while, in case something is still under way."
        | "先关闭的一方再等一会儿，以防还有数据在途中。";

    // What went wrong, in the plainest words.
    PLAIN_ADDRESS_CONFLICT: "Two machines use one address: what is sent to it reaches now the one, now the other."
        | "两台机器用了同一个地址：发给它的东西有时到这一台，有时到那一台。";
    PLAIN_NO_ARP_ANSWER: "Nobody was seen to answer for this address, so nothing could be sent to it."
        | "没有看到谁应答这个地址，所以什么也发不过去。";
    PLAIN_REFUSED:
        "The machine is there, but no program waits at this port: the server is not running, or the port \
         is wrong."
        | "机器在，但这个端口上没有程序在等：服务器没有启动，或者端口写错了。";
    PLAIN_UNREACHABLE: "The network said that it cannot get there." | "网络报告说到不了那里。";
    PLAIN_UNANSWERED: "Somebody knocked, and no answer of any kind was seen." | "有人敲门，没有看到任何回应。";
    PLAIN_HALF_OPEN: "The connection was never fully opened: the answer to the first call was not confirmed."
        | "连接没有完全建立：对第一次呼叫的回答没有得到确认。";
    PLAIN_ACK_LOST:
        "One side thinks that the connection is open, the other still waits for the last word of the opening."
        | "一方以为连接已经建立，另一方还在等最后的确认。";
    PLAIN_RESET: "One side cut the connection off at once; what was under way may be lost."
        | "一方突然切断了连接；途中的内容可能丢失。";
    PLAIN_STALLED: "The receiver had no room for more, so the sender had to wait."
        | "接收方没有空间了，发送方只好等待。";
    PLAIN_UNACKNOWLEDGED: "The last words were sent again and again, and nothing confirmed them."
        | "最后的话发了一遍又一遍，一直没有得到确认。";
    PLAIN_DEADLOCK: "Each waited for the other to speak, so nobody spoke." | "双方都在等对方说话，于是谁也没说。";
    PLAIN_REFUSED_DATAGRAM: "The message was not handed over: it was answered by an error."
        | "消息没有送达：得到的是一个差错报文。";
    PLAIN_FRAGMENTS_MISSING: "The message travelled in pieces, and not all of them came, so none of it counts."
        | "消息分成几片传送，没有到齐，所以整个作废。";
    PLAIN_FRAGMENTS_CONTRADICT: "The pieces of the message contradict each other, so it was thrown away."
        | "消息的各个分片互相矛盾，所以被丢弃。";
    PLAIN_ABORTED: "The caller gave up before the connection was open." | "呼叫方在连接建立之前就放弃了。";
    PLAIN_BYTES_MISSING: "A part of what was said is not in this capture." | "有一部分内容不在这次抓包里。";
    PLAIN_NEVER_ACCEPTED: "The connection waited in line, and the program never took it up (inferred)."
        | "连接一直在排队，程序始终没有接待它（推断）。";
    PLAIN_LEFT: "One side left without saying goodbye." | "一方没有告别就离开了。";
    PLAIN_HALF_CLOSED: "One side said that it was done, and the other never did." | "一方说完了，另一方一直没有结束。";
    PLAIN_NO_ANSWER: "It was sent, and nothing came back; whether it arrived nobody tells."
        | "发出去了，没有任何回音；到没到，没有谁会说。";

    // What the page does.
    FILTER: "Filter: tcp-1, SYN, 192.168.15.42 …" | "筛选：tcp-1、SYN、192.168.15.42……";
    NO_MATCH: "No line matches this filter." | "没有符合筛选的内容。";
    CHOOSE_FRAME:
        "Point at an arrow, a line or a number such as #3: here stand the layers of that frame and \
         its bytes."
        | "指向一个箭头、一行文字或 #3 这样的编号：这里会显示那一帧的各层和字节。";
    LAYERS: "Layers" | "各层";
    BYTES: "Bytes" | "字节";
    CLOSE: "Close" | "关闭";
    EARLIER: "Earlier frame" | "上一帧";
    LATER: "Later frame" | "下一帧";
    KEYS: "Keys" | "按键";
    KEY_FILTER: "filter everything" | "筛选全部内容";
    KEY_MOVE: "the line, field or byte before and behind" | "上一个、下一个（行、字段或字节）";
    KEY_FRAMES: "the frame before and behind" | "上一帧、下一帧";
    KEY_OPEN: "go into the frame, and back" | "进入这一帧，再返回";
    KEY_HELP: "show this" | "显示本说明";
    SCRIPT_OFF:
        "With scripts switched on, this page also shows each frame's bytes, sorts and filters. It \
         loads nothing and sends nothing."
        | "启用脚本后，本页还能显示每一帧的字节，并可排序和筛选。它不加载也不发送任何内容。";
}

/// The words of TCP and what they mean.
pub const MEANINGS: [(&str, Label); 9] = [
    ("SYN", MEANING_SYN),
    ("ACK", MEANING_ACK),
    ("FIN", MEANING_FIN),
    ("RST", MEANING_RST),
    ("seq", MEANING_SEQ),
    ("mss", MEANING_MSS),
    ("LISTEN", MEANING_LISTEN),
    ("ESTABLISHED", MEANING_ESTABLISHED),
    ("TIME_WAIT", MEANING_TIME_WAIT),
];

phrases! {
    show_more(n): "show {n} more {n:character|characters}" | "再显示 {n} 个字符";

    // How many of what there were.
    frames(n): "[heading|{n}] {n:frame|frames}" | "[heading|{n}] 帧";
    hosts(n): "[heading|{n}] {n:host|hosts}" | "[heading|{n}] 主机";
    connections(n): "[heading|{n}] {n:TCP connection|TCP connections}" | "[heading|{n}] TCP 连接";
    exchanges(n): "[heading|{n}] {n:UDP exchange|UDP exchanges}" | "[heading|{n}] UDP 会话";
    questions(n): "[heading|{n}] {n:question|questions} for addresses" | "[heading|{n}] 地址询问";
    failures(n): "[heading|{n}] {n:failure|failures}" | "[heading|{n}] 故障";

    more_failures(n): "{n} more {n:failure is|failures are} told in the story below."
        | "还有 {n} 个故障，见下面的经过。";
    more_questions(n): "{n} more came later and {n:is|are} not shown." | "后面还有 {n} 个没有显示。";
    more_lines(n):
        "{n} later {n:line is|lines are} not in this page. --conn tcp-1, --host IP or a filter shows \
         a part of the capture, and all of that."
        | "后面还有 {n} 行不在本页。用 --conn tcp-1、--host IP 或过滤表达式只看一部分，就能看全。";
    more_frames(n):
        "The bytes of {n} later {n:frame are|frames are} not in this page. --conn tcp-1, --host IP or \
         a filter shows a part of the capture, and all of that."
        | "后面 {n} 帧的字节不在本页。用 --conn tcp-1、--host IP 或过滤表达式只看一部分，就能看全。";
    not_here(frame): "The bytes of frame {frame} are not in this page." | "本页没有第 {frame} 帧的字节。";
    first_bytes(n, all): "the first {n} of {all} bytes" | "{all} 字节中的前 {n} 字节";
    bytes(n): "{n} bytes" | "{n} 字节";
}
