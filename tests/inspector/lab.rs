use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, getuid, kill_process, setrlimit};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    net::{self, Running},
    pcap_file, skip,
};

const INSPECTOR: &str = env!("CARGO_BIN_EXE_inspector");

const SERVER: &str = "192.168.15.73";
const CLIENT: &str = "192.168.15.42";
const SECOND: &str = "192.168.15.43";
const ROUTER: &str = "192.168.15.1";
const FAR: &str = "198.51.100.7";

const GREETING: (&str, &str) = ("resp", "服务端提供服务");
const GOODBYE: (&str, &str) = ("orig", "88");

#[test]
fn chat() {
    for_everybody("chat", &[], |told| {
        let resolved = told.named("arp_resolved");
        let asked = [
            (CLIENT, SERVER),
            (CLIENT, ROUTER),
            (SECOND, ROUTER),
            (SECOND, SERVER),
        ];
        for (answer, (by, ip)) in resolved.iter().zip(asked) {
            assert_eq!(answer["ip"], ip);
            assert_eq!(answer["asked_by"]["ip"], by);
        }
        let handshake = &told.named("tcp_handshake")[0];
        assert_eq!(handshake["verdict"], "complete");
        assert_eq!(handshake["because"][0], resolved[0]["frame"]);
        let said = [
            GREETING,
            ("orig", "你好，请问几点关门？"),
            ("resp", "晚上六点。"),
            ("orig", "Thank you! 谢谢"),
            ("resp", "You are welcome. 不客气"),
            GOODBYE,
        ];
        assert_eq!(told.said("tcp-1"), said);
        told.assert_closed("tcp-1", "SF");
        let udp = [
            ("udp-1", "在吗？", "在的，请讲"),
            ("udp-2", "Is Li Bai there?", "No, he is out."),
            ("udp-1", "下午一起喝茶？", "好，三点见"),
            ("udp-2", "See you later!", "再见"),
            ("udp-3", "给我你商城的信息", "商城信息balabala......"),
        ];
        let messages = told.named("udp_message");
        assert_eq!(messages.len(), 2 * udp.len());
        for (pair, (exchange, question, answer)) in messages.chunks(2).zip(udp) {
            assert_eq!(pair[0]["exchange"], exchange);
            assert_eq!(pair[0]["text"], question);
            assert_eq!(pair[1]["text"], answer);
            assert_eq!(pair[1]["answers"], pair[0]["frame"]);
        }
    });
}

#[test]
fn refused() {
    for_everybody("refused", &[], |told| {
        let handshake = &told.named("tcp_handshake")[0];
        assert_eq!(handshake["verdict"], "refused");
        assert_eq!(handshake["tries"], 1);
        told.assert_closed("tcp-1", "REJ");
    });
}

#[test]
fn unanswered() {
    for_everybody("unanswered", &[], |told| {
        assert_eq!(told.named("arp_resolved")[0]["ip"], SERVER);
        let handshake = &told.named("tcp_handshake")[0];
        assert_eq!(handshake["verdict"], "unanswered");
        assert_eq!(handshake["tries"], 3);
        told.assert_closed("tcp-1", "S0");
    });
}

#[test]
fn host_absent() {
    for_everybody("host-absent", &[], |told| {
        let unanswered = &told.named("arp_unanswered")[0];
        assert_eq!(unanswered["ip"], "192.168.15.99");
        assert_eq!(unanswered["tries"], 3);
        assert!(told.named("tcp_closed").is_empty(), "no SYN was sent");
    });
}

#[test]
fn udp_closed() {
    for_everybody("udp-closed", &[], |told| {
        let closed = told.named("udp_closed");
        assert_eq!(closed[0]["conn_state"], "SF");
        assert_eq!(closed[1]["conn_state"], "S0");
        let unreachable = told.named("udp_unreachable");
        assert_eq!(unreachable.len(), 1);
        assert_eq!(unreachable[0]["exchange"], "udp-2");
        assert_eq!(unreachable[0]["from_ip"], SERVER);
        let question = told.named("udp_message")[2];
        assert_eq!(unreachable[0]["because"], json!([question["frame"]]));
    });
}

#[test]
fn queue() {
    for_everybody("queue", &[], |told| {
        let handshakes = told.named("tcp_handshake");
        assert_eq!(handshakes[1]["verdict"], "complete");
        let said = [GREETING, ("orig", "我是安"), ("resp", "安，你好"), GOODBYE];
        assert_eq!(told.said("tcp-1"), said);
        assert_eq!(told.said("tcp-2")[0], GREETING);
        // Connected while the first still talks, greeted when it has ended.
        let messages = told.named("tcp_message");
        let frame = |event: &Value| event["frame"].as_u64().expect("a frame");
        let of = |conn: &str| {
            let conn = conn.to_owned();
            let mut messages = messages.iter();
            messages.find(move |message| message["conn"] == conn.as_str())
        };
        let goodbye = messages
            .iter()
            .find(|message| message["conn"] == "tcp-1" && message["text"] == "88")
            .expect("a goodbye");
        assert!(frame(handshakes[1]) < frame(goodbye));
        assert!(frame(goodbye) < frame(of("tcp-2").expect("a greeting")));
        told.assert_closed("tcp-1", "SF");
        told.assert_closed("tcp-2", "SF");
    });
}

#[test]
fn deadlock() {
    for_everybody("deadlock", &[], |told| {
        assert_eq!(told.named("tcp_handshake")[0]["verdict"], "complete");
        assert_eq!(told.said("tcp-1"), [GREETING]);
        // Both have waited when the client gives up.
        let closed = told.assert_closed("tcp-1", "SF");
        assert_eq!(closed["closed_first"], "orig");
        let lasted = closed["duration_ns"].as_u64().expect("a time");
        assert!(lasted >= 3_000_000_000, "{closed}");
    });
}

#[test]
fn a_deadlock_is_told_while_it_lasts() {
    let Some(lab) = Lab::as_myself() else { return };
    let output = lab
        .command("deadlock", &["--view", "chat", "--pause", "300ms"])
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    let words: Vec<&str> = told
        .split_whitespace()
        .filter(|word| *word != "│")
        .collect();
    let told = words.join(" ");
    let waiting = told.find("both wait since").expect("told while it lasts");
    let waited = told.find("both waited for").expect("told at its end");
    assert!(waiting < waited, "{told}");
}

#[test]
fn vanish() {
    for_everybody("vanish", &[], |told| {
        let said = [GREETING, ("orig", "在吗？"), ("resp", "在的，请讲")];
        assert_eq!(told.said("tcp-1"), said, "no 88");
        let closed = told.assert_closed("tcp-1", "SF");
        assert_eq!(closed["closed_first"], "orig");
        assert!(told.said("tcp-2").contains(&("resp", "还在")));
        told.assert_closed("tcp-2", "SF");
    });
}

#[test]
fn reset() {
    for_everybody("reset", &[], |told| {
        let closed = told.assert_closed("tcp-1", "RSTO");
        assert_eq!(closed["teardown"], "reset");
        assert_eq!(closed["closed_first"], "orig");
        assert!(told.said("tcp-2").contains(&("resp", "还在")));
        told.assert_closed("tcp-2", "SF");
    });
}

#[test]
fn half_close() {
    for_everybody("half-close", &[], |told| {
        let said = [
            ("orig", "我说完了"),
            ("resp", "我还没有"),
            ("resp", "One more thing."),
            ("resp", "现在说完了"),
        ];
        assert_eq!(told.said("tcp-1"), said);
        let teardown = &told.named("tcp_teardown")[0];
        assert_eq!(teardown["kind"], "four_segment");
        assert_eq!(teardown["closed_first"], "orig");
        assert_eq!(teardown["late_bytes"], 42);
        told.assert_closed("tcp-1", "SF");
    });
}

#[test]
fn simultaneous_open() {
    for_everybody("simultaneous-open", &[], |told| {
        let handshake = &told.named("tcp_handshake")[0];
        assert_eq!(handshake["verdict"], "simultaneous_open");
        let mut said: Vec<&str> = told.said("tcp-1").iter().map(|(_, text)| *text).collect();
        said.sort_unstable();
        assert_eq!(said, ["我是192.168.15.42", "我是192.168.15.73"]);
        told.assert_closed("tcp-1", "SF");
    });
}

#[test]
fn gateway() {
    for_everybody("gateway", &[], |told| {
        let resolved = &told.named("arp_resolved")[0];
        assert_eq!(resolved["ip"], ROUTER, "nobody asks for {FAR}");
        let handshake = &told.named("tcp_handshake")[0];
        assert_eq!(handshake["verdict"], "complete");
        assert_eq!(handshake["resp"]["ip"], FAR);
        assert_eq!(handshake["off_subnet"], true);
        assert_eq!(handshake["gateway"]["ip"], ROUTER);
        assert_eq!(handshake["gateway"]["mac"], resolved["mac"]);
        assert_eq!(handshake["net"], "192.168.15.0/24");
        // The lab knows its subnet, a file does not.
        assert_eq!(handshake["net_known"], told.0[0]["live"]);
        told.assert_closed("tcp-1", "SF");
        assert_eq!(told.named("udp_message").len(), 8);
    });
}

#[test]
fn fragments() {
    for_everybody("fragments", &[], |told| {
        let whole = told.named("datagram_reassembled");
        assert_eq!(whole.len(), 2);
        for datagram in whole {
            assert_eq!(datagram["frames"].as_array().map(Vec::len), Some(3));
        }
        let messages = told.named("udp_message");
        for (message, line) in messages
            .iter()
            .zip(["床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"])
        {
            assert_eq!(message["len"], 3600);
            assert_eq!(message["text"], line.repeat(100));
        }
        assert_eq!(messages.len(), 2);
    });
}

#[test]
fn conflict() {
    for_everybody("conflict", &[], |told| {
        let conflict = &told.named("arp_conflict")[0];
        assert_eq!(conflict["ip"], SERVER);
        assert_eq!(conflict["old_mac"], "02:00:00:00:0f:49");
        assert_eq!(conflict["new_mac"], "02:00:00:00:0f:42");
        assert_eq!(
            conflict["because"][0],
            told.named("arp_resolved")[0]["frame"]
        );
        let closed = told.assert_closed("tcp-1", "RSTR");
        assert_eq!(closed["teardown"], "reset");
        assert_eq!(told.said("tcp-1").last(), Some(&("orig", "你还在吗？")));
    });
}

#[test]
fn path_mtu() {
    for_everybody("path-mtu", &[], |told| {
        let errors = told.named("tcp_icmp");
        assert!(!errors.is_empty());
        for error in errors {
            assert_eq!(error["mtu"], 1200);
            assert_eq!(error["from_ip"], ROUTER);
        }
        let text: String = told.said("tcp-1").iter().map(|(_, text)| *text).collect();
        assert_eq!(text, "白日依山尽，黄河入海流。".repeat(100));
        let closed = told.assert_closed("tcp-1", "SF");
        assert_ne!(closed["retransmissions"], 0);
    });
}

#[test]
fn loss_changes_nothing_of_what_was_said() {
    const SEEDS: u64 = 200;
    const AT_ONCE: usize = 12;
    let said = [
        GREETING,
        ("orig", "白日依山尽，"),
        ("resp", "黄河入海流。"),
        ("orig", "欲穷千里目，"),
        ("resp", "更上一层楼。"),
        ("orig", "Is the wire bad?"),
        ("resp", "Say that again, please."),
        ("orig", "电线不好吗？"),
        ("resp", "是的，但是 TCP 很有耐心。"),
        GOODBYE,
    ];
    let Some(lab) = Lab::as_myself() else { return };
    let seeds = AtomicU64::new(0);
    let again = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let seed = seeds.fetch_add(1, Ordering::Relaxed);
                    if seed >= SEEDS {
                        break;
                    }
                    let seed = seed.to_string();
                    let told = lab.told("loss", &["--seed", &seed]);
                    assert_eq!(told.said("tcp-1"), said, "seed {seed}");
                    let closed = told.assert_closed("tcp-1", "SF");
                    let count = closed["retransmissions"].as_u64().expect("a count");
                    again.fetch_add(count, Ordering::Relaxed);
                }
            });
        }
    });
    let again = again.into_inner();
    assert!(
        again > SEEDS,
        "only {again} segments were sent again: was nothing lost?"
    );
}

#[test]
fn what_does_not_go_as_it_was_meant_is_one_sentence_within_20_seconds() {
    let Some(lab) = Lab::as_myself() else { return };
    let began = Instant::now();
    let output = lab.command("loss", &["--loss", "100%", "--json"]).output();
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(began.elapsed() < Duration::from_secs(20));
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    let complaints = said.lines().filter(|line| line.starts_with("inspector: "));
    assert_eq!(complaints.count(), 1, "{said}");
}

#[test]
fn chance_is_for_the_scenario_loss() {
    let output = Command::new(INSPECTOR)
        .env("LC_ALL", "C")
        .args(["lab", "refused", "--loss", "5%"])
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_pause_for_which_there_is_no_time_is_refused_and_the_longest_fits() {
    let output = Command::new(INSPECTOR)
        .env("LC_ALL", "C")
        .args(["lab", "chat", "--pause", "3s"])
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.contains("--pause may be up to 684 ms"), "{said}");

    let Some(lab) = Lab::as_myself() else { return };
    thread::scope(|scope| {
        for scenario in inspector::lab::SCENARIOS {
            let lab = &lab;
            scope.spawn(move || {
                let pause = format!("{}ms", scenario.longest_pause().as_millis());
                lab.told(scenario.name, &["--pause", &pause]);
            });
        }
    });
}

#[test]
fn the_story_names_whom_the_book_names() {
    let Some(lab) = Lab::as_myself() else { return };
    let together = "taibai/taihei/libai/lihei";
    for (scenario, has_book) in [("fragments", true), ("chat", true), ("refused", false)] {
        let output = lab.command(scenario, &[]).output().expect("it runs");
        let told = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(told.contains(together), has_book, "{told}");
    }
    // Other names, when others are asked for.
    let names = lab.folder.path().join("names.toml");
    fs::write(&names, "dufu = \"192.168.15.73\"\n").expect("written");
    let mut command = lab.command("fragments", &["--names"]);
    let output = command.arg(&names).output().expect("it runs");
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(told.contains("dufu") && !told.contains("taibai"), "{told}");
}

#[test]
fn too_few_threads_are_one_sentence() {
    if !getuid().is_root() || !net::is_there("setpriv") || !net::is_there("prlimit") {
        return skip::loudly("to limit another user's threads takes root, setpriv and prlimit");
    }
    let (_folder, binary) = net::copy_for_everybody(INSPECTOR);
    for threads in 1..=12 {
        let began = Instant::now();
        // A user whom nobody else is.
        let output = Command::new("setpriv")
            .args(["--reuid=64998", "--regid=64998", "--clear-groups"])
            .arg("prlimit")
            .arg(format!("--nproc={threads}"))
            .arg(&binary)
            .args(["lab", "loss", "--loss", "0%", "--dup", "0%"])
            .args(["--reorder", "0%", "--pause", "20ms"])
            .current_dir("/")
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{threads}: {said}");
        assert!(began.elapsed() < Duration::from_secs(20), "{threads}");
        let complaints = said.lines().filter(|line| line.starts_with("inspector: "));
        match output.status.code() {
            Some(0) => assert!(threads > 4, "{threads}: {said}"),
            Some(1) => assert_eq!(complaints.count(), 1, "{threads}: {said}"),
            code => panic!("{threads}: {code:?}: {said}"),
        }
        if threads == 1 {
            assert!(said.contains("no more threads"), "{said}");
        }
    }
}

#[test]
fn a_system_that_cannot_be_set_up_is_lived_with_or_told() {
    if !getuid().is_root() || !net::is_there("unshare") {
        return skip::loudly("to change what a process sees of the system takes root and unshare");
    }
    let told = |set_up: &str, scenario: &str| {
        let script = format!("{set_up} && exec \"$0\" lab {scenario} --pause 20ms");
        Command::new("unshare")
            .args(["--mount", "sh", "-c", &script, INSPECTOR])
            .output()
            .expect("it runs")
    };
    let read_only = "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys";
    let probe = told(read_only, "--list");
    if !probe.status.success() {
        return skip::loudly("nothing can be mounted here (a container?)");
    }
    let output = told(read_only, "refused");
    assert_eq!(output.status.code(), Some(0), "IPv6 is heard: {output:?}");
    for (set_up, scenario, words) in [
        (read_only, "gateway", "docker run --privileged"),
        ("umount -l /proc", "refused", "/proc"),
    ] {
        let output = told(set_up, scenario);
        assert_eq!(output.status.code(), Some(1), "{set_up}: {output:?}");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn the_list_has_a_sentence_for_each_scenario() {
    let output = Command::new(INSPECTOR)
        .env("LC_ALL", "C")
        .args(["lab", "--list"])
        .output()
        .expect("it runs");
    assert!(output.status.success());
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    let names: Vec<&str> = told
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(names.len(), 16, "{told}");
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).expect("it is there");
    for scenario in inspector::lab::SCENARIOS {
        assert!(names.contains(&scenario.name));
        assert!(told.contains(scenario.about));
        assert!(file_of(scenario.name).exists(), "{}", scenario.name);
        let row = format!("| `{}` | {} |\n", scenario.name, scenario.about);
        assert!(readme.contains(&row), "the README lacks {row}");
    }
}

#[test]
fn every_view_and_a_capture_are_to_be_had() {
    let Some(lab) = Lab::as_myself() else { return };
    let file = lab.folder.path().join("refused.pcap");
    let output = lab
        .command("refused", &["--view", "packets", "-w"])
        .arg(&file)
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(told.contains("Flags [R.]"), "{told}");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.contains("tap, the bridge"), "{said}");
    assert_eq!(pcap_file::read(&file).len(), 4);

    let output = lab
        .command("refused", &["-c", "2"])
        .output()
        .expect("it runs");
    assert!(output.status.success(), "what was asked for: {output:?}");

    let mut running = Running::new(lab.command("queue", &[]).spawn().expect("it runs"));
    let mut reader = BufReader::new(running.child().stdout.take().expect("piped"));
    reader.read_line(&mut String::new()).expect("a line");
    drop(reader);
    let output = running.finish();
    assert!(output.status.success(), "nobody reads any more: {output:?}");
}

#[test]
fn nothing_remains_however_it_ends() {
    // A crash need not leave its memory behind.
    let no_core = Rlimit {
        current: Some(0),
        maximum: getrlimit(Resource::Core).maximum,
    };
    setrlimit(Resource::Core, no_core).expect("lowered");
    for lab in Lab::of_everybody() {
        let signals = [
            Signal::KILL,
            Signal::INT,
            Signal::TERM,
            Signal::SEGV,
            Signal::ABORT,
        ];
        for signal in signals {
            let mut command = lab.command("loss", &["--pause", "1s"]);
            let mut running = Running::new(command.spawn().expect("it runs"));
            let stdout = running.child().stdout.take().expect("piped");
            let greeted = BufReader::new(stdout)
                .lines()
                .map_while(Result::ok)
                .any(|line| line.contains("服务端提供服务"));
            assert!(greeted, "{signal:?}: it ended early");
            let pid = running.child().id();
            let spaces = namespaces_of(pid);
            // The bridge's own and two hosts'.
            assert!(spaces.len() >= 3, "{spaces:?}");
            if signal == Signal::SEGV {
                // The first that no fault of memory caused is only noted.
                kill_process(Pid::from_child(running.child()), signal).expect("ours");
                thread::sleep(Duration::from_millis(50));
            }
            let (output, took) = running.stop(signal);
            if signal != Signal::INT && signal != Signal::TERM {
                assert_eq!(output.status.code(), None);
            } else {
                assert_eq!(output.status.code(), Some(1), "{output:?}");
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(said.contains("before it was over"), "{said}");
            }
            assert!(took < Duration::from_secs(1), "{signal:?} took {took:?}");
            for process in fs::read_dir("/proc").expect("/proc").flatten() {
                let Some(pid) = process
                    .file_name()
                    .to_str()
                    .and_then(|name| name.parse().ok())
                else {
                    continue;
                };
                let held = namespaces_of(pid);
                assert!(held.is_disjoint(&spaces), "process {pid} holds {held:?}");
            }
        }
    }
}

#[test]
fn where_it_is_forbidden_it_names_the_reason_and_sudo() {
    if !getuid().is_root() || !net::is_there("setpriv") {
        return skip::loudly("to forbid user namespaces takes root and setpriv (sudo -E)");
    }
    let (_folder, binary) = net::copy_for_everybody(INSPECTOR);
    for (setting, count, meant) in [
        (
            "max_user_namespaces",
            0,
            ["user.max_user_namespaces is 0", "lab refused --pause 20ms`"],
        ),
        // None for the bridge; and none for the second host.
        (
            "max_net_namespaces",
            0,
            ["max_net_namespaces", "sudo sysctl user.max_net_namespaces"],
        ),
        (
            "max_net_namespaces",
            2,
            ["max_net_namespaces", "sudo sysctl user.max_net_namespaces"],
        ),
    ] {
        // In a user namespace in which there may be no more.
        let forbid = format!(
            "echo {count} > /proc/sys/user/{setting} && exec setpriv --ambient-caps=-all \
             --inh-caps=-all \"$0\" lab refused --pause 20ms"
        );
        let output = Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .args(["unshare", "--user", "--map-user=1000", "--map-group=1000"])
            .arg("--keep-caps")
            .args(["sh", "-c", &forbid])
            .arg(&binary)
            .output()
            .expect("it runs");
        let said = String::from_utf8(output.stderr.clone()).expect("UTF-8");
        if said.starts_with("unshare: ") {
            return skip::loudly("user namespaces are forbidden here already (a container?)");
        }
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stdout.is_empty());
        assert_eq!(said.lines().count(), 1, "{said}");
        for words in meant {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}

/// Plays a scenario as root and as nobody, or as whoever we are, and looks at what was told.
fn for_everybody(scenario: &str, more: &[&str], look: fn(&Told)) {
    if more.is_empty() {
        look(&told_of_its_file(scenario));
    }
    for lab in Lab::of_everybody() {
        look(&lab.told(scenario, more));
    }
}

/// The scenario as the lab wrote it to captures/lab.
fn told_of_its_file(scenario: &str) -> Told {
    let output = Command::new(INSPECTOR)
        .args(["read", "--json"])
        .arg(file_of(scenario))
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{scenario}: {output:?}");
    Told::new(&output)
}

fn file_of(scenario: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/lab");
    folder.join(format!("{scenario}.pcap"))
}

/// The program, as a user may run it.
struct Lab {
    nobody: bool,
    folder: TempDir,
    binary: PathBuf,
}

impl Lab {
    /// As root and as nobody, where we are root.
    fn of_everybody() -> Vec<Self> {
        let mut labs: Vec<Self> = Self::as_myself().into_iter().collect();
        if getuid().is_root() {
            if net::is_there("setpriv") {
                labs.extend(Self::new(true));
            } else {
                skip::loudly("`setpriv` is missing (apt-get install util-linux)");
            }
        }
        labs
    }

    fn as_myself() -> Option<Self> {
        Self::new(false)
    }

    /// `None`, said loudly, where the system forbids it.
    fn new(nobody: bool) -> Option<Self> {
        let (folder, binary) = net::copy_for_everybody(INSPECTOR);
        let lab = Self {
            nobody,
            folder,
            binary,
        };
        let output = lab.command("refused", &[]).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if said.contains("sudo") || said.contains("may not make a network") {
            skip::loudly(said.trim());
            return None;
        }
        Some(lab)
    }

    fn command(&self, scenario: &str, more: &[&str]) -> Command {
        let binary = &self.binary;
        let mut command = if self.nobody {
            let mut command = Command::new("setpriv");
            let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
            command.args(nobody).arg("--inh-caps=-all").arg(binary);
            command
        } else {
            Command::new(binary)
        };
        command.args(["lab", scenario]);
        if !more.contains(&"--pause") {
            command.args(["--pause", "20ms"]);
        }
        command
            .args(more)
            .current_dir(Path::new("/"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// What `--json` tells of a scenario that goes as it was meant, within 20 seconds.
    fn told(&self, scenario: &str, more: &[&str]) -> Told {
        let began = Instant::now();
        let mut command = self.command(scenario, more);
        let output = command.arg("--json").output().expect("it runs");
        assert_eq!(
            output.status.code(),
            Some(0),
            "{scenario} {more:?}: {output:?}"
        );
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{scenario} {more:?}"
        );
        Told::new(&output)
    }
}

/// The events of a scenario.
struct Told(Vec<Value>);

impl Told {
    fn new(output: &Output) -> Self {
        let told = str::from_utf8(&output.stdout).expect("UTF-8");
        let events: Vec<Value> = told
            .lines()
            .map(|line| serde_json::from_str(line).expect("one object a line"))
            .collect();
        assert_eq!(events[0]["event"], "capture_opened");
        let end = events.last().expect("an end");
        assert_eq!(end["event"], "capture_closed");
        assert_eq!(end["frames"], end["decoded"], "{end}");
        let latest = events.iter().filter_map(|event| event["at"].as_str()).max();
        assert_eq!(end["at"].as_str(), latest, "nothing is told after the end");
        let live = events[0]["live"] == true;
        assert_eq!(
            end["kernel_dropped"],
            if live { json!(0) } else { json!(null) }
        );
        Self(events)
    }

    fn named(&self, name: &str) -> Vec<&Value> {
        let events = self.0.iter();
        events.filter(|event| event["event"] == name).collect()
    }

    /// Who said what over a TCP connection, in the order told.
    fn said(&self, conn: &str) -> Vec<(&str, &str)> {
        fn word<'a>(message: &'a Value, field: &str) -> &'a str {
            message[field].as_str().unwrap_or_default()
        }
        let messages = self.named("tcp_message").into_iter();
        messages
            .filter(|message| message["conn"] == conn)
            .map(|message| (word(message, "from"), word(message, "text")))
            .collect()
    }

    /// The one record of a connection.
    fn assert_closed(&self, conn: &str, conn_state: &str) -> &Value {
        let closed = self.named("tcp_closed").into_iter();
        let records: Vec<_> = closed.filter(|record| record["conn"] == conn).collect();
        assert_eq!(records.len(), 1, "{conn}: {records:?}");
        assert_eq!(records[0]["conn_state"], conn_state, "{}", records[0]);
        assert_eq!(records[0]["bad_checksums"], 0);
        records[0]
    }
}

/// The network namespaces that a process's threads are in, or that it holds open, but for ours.
fn namespaces_of(pid: u32) -> BTreeSet<PathBuf> {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let inside = |folder: &str| {
        let entries = fs::read_dir(process.join(folder))
            .into_iter()
            .flatten()
            .flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let threads = inside("task")
        .into_iter()
        .map(|thread| thread.join("ns/net"));
    let mut held: BTreeSet<PathBuf> = threads
        .chain(inside("fd"))
        .filter_map(|link| fs::read_link(link).ok())
        .filter(|target| target.to_string_lossy().starts_with("net:["))
        .collect();
    held.remove(&fs::read_link("/proc/self/ns/net").expect("our own"));
    held
}
