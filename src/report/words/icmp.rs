//! What ICMP messages say. The English is what the decoder calls them, with which they are found.

use super::{Arg, Label};

/// A reason in words that can be told in each language; as it stands where nobody knows it.
pub fn reason(text: &str) -> Arg<'_> {
    let known = REASONS.iter().find(|label| label.en == text);
    known.map_or(Arg::Text(text), |label| Arg::Label(*label))
}

macro_rules! reasons {
    ($($en:literal | $zh:literal;)*) => {
        const REASONS: &[Label] = &[$(Label::new($en, $zh)),*];

        /// Each of them: its name, its English, its Chinese.
        #[cfg(test)]
        pub(super) const LABELS: &[(&str, &str, &str)] = &[$(($en, $en, $zh)),*];
    };
}

reasons! {
    "destination unreachable" | "目的不可达";
    "net unreachable" | "网络不可达";
    "host unreachable" | "主机不可达";
    "protocol unreachable" | "协议不可达";
    "port unreachable" | "端口不可达";
    "fragmentation needed" | "需要分片";
    "source route failed" | "源路由失败";
    "net unknown" | "网络未知";
    "host unknown" | "主机未知";
    "source host isolated" | "源主机被隔离";
    "net administratively prohibited" | "网络被管理员禁止";
    "host administratively prohibited" | "主机被管理员禁止";
    "net unreachable for type of service" | "对该服务类型网络不可达";
    "host unreachable for type of service" | "对该服务类型主机不可达";
    "communication administratively prohibited" | "通信被管理员禁止";
    "host precedence violation" | "违反主机优先级";
    "precedence cutoff in effect" | "优先级低于下限";
    "source quench" | "源抑制";
    "redirect" | "重定向";
    "redirect for net" | "对网络重定向";
    "redirect for host" | "对主机重定向";
    "redirect for type of service and net" | "对服务类型和网络重定向";
    "redirect for type of service and host" | "对服务类型和主机重定向";
    "time exceeded" | "超时";
    "time exceeded in-transit" | "传输中超时（TTL 用尽）";
    "fragment reassembly time exceeded" | "分片重组超时";
    "parameter problem" | "参数错误";
    "no route to destination" | "没有到达目的地的路由";
    "beyond scope of source address" | "超出源地址的范围";
    "address unreachable" | "地址不可达";
    "source address failed policy" | "源地址不符合策略";
    "route rejected" | "路由被拒绝";
    "packet too big" | "包太大";
    // What is no error.
    "echo request" | "回显请求";
    "echo reply" | "回显应答";
    "extended echo request" | "扩展回显请求";
    "extended echo reply" | "扩展回显应答";
    "router advertisement" | "路由器通告";
    "router solicitation" | "路由器请求";
    "router renumbering" | "路由器重新编号";
    "neighbor advertisement" | "邻居通告";
    "neighbor solicitation" | "邻居请求";
    "inverse neighbor advertisement" | "反向邻居通告";
    "inverse neighbor solicitation" | "反向邻居请求";
    "multicast listener query" | "组播侦听者查询";
    "multicast listener report" | "组播侦听者报告";
    "multicast listener report v2" | "组播侦听者报告（第 2 版）";
    "multicast listener done" | "组播侦听者退出";
    "node information query" | "节点信息查询";
    "node information reply" | "节点信息应答";
    "timestamp request" | "时间戳请求";
    "timestamp reply" | "时间戳应答";
    "information request" | "信息请求";
    "information reply" | "信息应答";
    "address mask request" | "地址掩码请求";
    "address mask reply" | "地址掩码应答";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{icmp, icmpv6};

    #[test]
    fn every_message_that_is_decoded_has_its_words() {
        let kinds = (0..=255).flat_map(|kind| (0..=255).map(move |code| (kind, code)));
        let old = kinds.clone().map(|(kind, code)| icmp::name(kind, code));
        let new = kinds.map(|(kind, code)| icmpv6::name(kind, code));
        let mut seen = 0;
        for name in old.chain(new).flatten() {
            assert!(matches!(reason(name), Arg::Label(_)), "{name}");
            seen += 1;
        }
        assert!(seen > 1000, "only {seen}");
        assert!(matches!(reason("type 99 code 1"), Arg::Text(_)));
    }
}
