use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::Value;

use super::{
    net::{self, ANN, Net, PORT, ROUTER, Running, SERVER, TAP},
    pcap_file, skip,
    tutorial::{Pair, Tutorial},
};

const INSPECTOR: &str = env!("CARGO_BIN_EXE_inspector");

/// What is said in the chat: by whom, and what.
const SAID: [(&str, &str); 6] = [
    ("resp", "服务端提供服务"),
    ("orig", "你好，请问几点关门？"),
    ("resp", "We close at six. 晚上六点。"),
    ("orig", "Thank you! 谢谢"),
    ("resp", "不客气"),
    ("orig", "88"),
];

#[test]
fn tells_the_tutorials_chat() {
    let Some(net) = Net::new() else { return };
    let Some(programs) = Tutorial::find() else {
        return;
    };
    let events = listen_to(&net, &[], || tutorial_chat(&net, &programs.tcp));
    assert_tells_the_chat(&events);
}

#[test]
fn tells_a_chat() {
    let Some(net) = Net::new() else { return };
    let events = listen_to(&net, &[], || chat(&net));
    assert_tells_the_chat(&events);
    assert_eq!(named(&events, "tcp_teardown")[0]["closed_first"], "orig");
}

#[test]
fn raw_backend_tells_the_same() {
    let Some(net) = Net::new() else { return };
    let events = listen_to(&net, &["--backend", "raw"], || chat(&net));
    assert_tells_the_chat(&events);
}

#[test]
fn prints_while_it_happens() {
    let Some(net) = Net::new() else { return };
    let mut inspector = net.listen(TAP, TAP, live(&net, &[]));
    let stdout = inspector.child().stdout.take().expect("piped");
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    chat(&net);
    let end = Instant::now() + Duration::from_secs(1);
    let told = |line: &String| line.contains("服务端提供服务");
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        if lines.recv_timeout(left).is_ok_and(|line| told(&line)) {
            return;
        }
    }
    panic!("a second after the chat its greeting was not yet printed");
}

#[test]
fn follows_what_is_said() {
    let Some(net) = Net::new() else { return };
    let inspector = net.listen(TAP, TAP, live(&net, &["--follow", "tcp-1"]));
    chat(&net);
    let output = stopped(inspector);
    let told = str::from_utf8(&output.stdout).expect("UTF-8");
    let said = SAID.map(|(from, words)| {
        let arrow = if from == "orig" { '→' } else { '←' };
        format!("{arrow} {words}")
    });
    assert_eq!(told.lines().skip(1).collect::<Vec<_>>(), said);
}

#[test]
fn a_filter_in_trailing_words_decides_what_is_seen() {
    let Some(net) = Net::new() else { return };
    let filter = ["tcp", "port", "8520"];
    let events = listen_to(&net, &filter, || chat(&net));
    assert!(named(&events, "arp_resolved").is_empty(), "ARP is not TCP");
    assert_eq!(texts(&events), SAID);
}

#[test]
fn an_off_subnet_connection_names_gateway_and_mask() {
    let Some(net) = Net::new() else { return };
    let mut command = net.command("ann", INSPECTOR);
    command.args(["live", "eth0", "--json"]);
    let inspector = net.listen("ann", "eth0", command);
    let far = SocketAddr::from(([198, 51, 100, 7], PORT));
    net.inside("ann", || {
        TcpStream::connect_timeout(&far, Duration::from_millis(300))
    })
    .expect_err("there is nobody behind the router");
    let events = events(&stopped(inspector));

    let handshake = &named(&events, "tcp_handshake")[0];
    assert_eq!(handshake["off_subnet"], true);
    assert_eq!(handshake["gateway"]["ip"], ROUTER);
    assert_eq!(handshake["gateway"]["mac"], "02:00:00:00:0f:01");
    assert_eq!(handshake["net"], "192.168.15.0/24");
    assert_eq!(handshake["net_known"], true, "the interface has a mask");
    assert_eq!(
        handshake["because"][0],
        named(&events, "arp_resolved")[0]["frame"]
    );
}

#[test]
fn writes_what_tcpdump_writes() {
    let Some(net) = Net::new() else { return };
    if !net::is_there("tcpdump") {
        return skip::loudly("`tcpdump` is missing (apt-get install tcpdump)");
    }
    for backend in ["ring", "raw"] {
        let directory = tempfile::tempdir().expect("a directory");
        let ours = directory.path().join("ours.pcap");
        let theirs = directory.path().join("theirs.pcap");
        let mut tcpdump = net.command(TAP, "tcpdump");
        tcpdump
            .args(["-i", TAP, "--immediate-mode", "-U", "-Z", "root", "-w"])
            .arg(&theirs);
        let tcpdump = net.listen(TAP, TAP, tcpdump);
        let mut inspector = live(&net, &["--backend", backend, "-w"]);
        inspector.arg(&ours);
        let inspector = net.listen(TAP, TAP, inspector);
        chat(&net);
        stopped(inspector);
        stopped(tcpdump);
        let frames = pcap_file::read(&ours);
        assert!(frames.len() > 10, "{} frames are no chat", frames.len());
        assert_eq!(frames, pcap_file::read(&theirs), "backend {backend}");
    }
}

#[test]
fn a_written_file_is_private_and_never_overwritten_unasked() {
    let Some(net) = Net::new() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("kept.pcap");
    let record = |more: &[&str]| {
        let mut inspector = live(&net, &["--duration", "100ms", "-w"]);
        inspector.arg(&file).args(more);
        ended(inspector)
    };
    assert!(record(&[]).status.success());
    let mode = fs::metadata(&file)
        .expect("the file is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);

    fs::write(&file, "precious").expect("written");
    assert_sentence(&record(&[]), 1, &["kept.pcap", "--force"]);
    assert_eq!(fs::read(&file).expect("still there"), b"precious");

    assert!(record(&["--force"]).status.success());
    assert!(pcap_file::read(&file).is_empty());
}

#[test]
fn stops_after_the_number_of_frames_asked_for() {
    let Some(net) = Net::new() else { return };
    for backend in ["ring", "raw"] {
        let inspector = net.listen(
            TAP,
            TAP,
            live(&net, &["--json", "-c", "5", "--backend", backend]),
        );
        chat(&net);
        let output = inspector.finish();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(
            events(&output).last().expect("events")["frames"],
            5,
            "backend {backend}"
        );
    }
}

#[test]
fn stops_after_the_duration_on_a_silent_link() {
    let Some(net) = Net::new() else { return };
    for backend in ["ring", "raw"] {
        let started = Instant::now();
        let inspector = live(&net, &["--duration", "1s", "--backend", backend]);
        let output = ended(inspector);
        let took = started.elapsed();
        assert!(output.status.success(), "{output:?}");
        assert!(
            took >= Duration::from_secs(1),
            "{backend} took only {took:?}"
        );
        assert!(
            took < Duration::from_millis(1800),
            "{backend} took {took:?}"
        );
    }
}

#[test]
fn signals_on_a_silent_link_end_it_at_once_with_the_tables() {
    let Some(net) = Net::new() else { return };
    for backend in ["ring", "raw"] {
        for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
            let inspector = net.listen(TAP, TAP, live(&net, &["--backend", backend]));
            let (output, took) = inspector.stop(signal);
            assert_eq!(
                output.status.code(),
                Some(0),
                "{backend} {signal:?}: {output:?}"
            );
            assert!(
                took < Duration::from_millis(200),
                "{backend} {signal:?} took {took:?}"
            );
            let told = String::from_utf8(output.stdout).expect("UTF-8");
            assert!(told.contains("frames"), "no closing facts: {told}");
        }
    }
}

#[test]
fn ctrl_c_after_a_chat_prints_the_tables() {
    let Some(net) = Net::new() else { return };
    let inspector = net.listen(TAP, TAP, live(&net, &[]));
    chat(&net);
    let told = String::from_utf8(stopped(inspector).stdout).expect("UTF-8");
    for fact in [SERVER, ANN, "02:00:00:00:0f:49", "SF", "dropped"] {
        assert!(told.contains(fact), "{fact} is not told: {told}");
    }
}

#[test]
fn an_unknown_interface_is_a_sentence() {
    let Some(net) = Net::new() else { return };
    for backend in ["ring", "raw"] {
        let mut command = net.command(TAP, INSPECTOR);
        command.args(["live", "eth9", "--backend", backend]);
        let output = ended(command);
        assert_sentence(&output, 1, &["eth9", "inspector interfaces"]);
    }
}

#[test]
fn a_downed_interface_is_a_sentence() {
    let Some(net) = Net::new() else { return };
    net.ip("ann", "link set eth0 down");
    for backend in ["ring", "raw"] {
        let mut command = net.command("ann", INSPECTOR);
        command.args(["live", "eth0", "--backend", backend]);
        let output = ended(command);
        assert_sentence(&output, 1, &["eth0", "ip link set", "up"]);
    }
}

#[test]
fn an_interface_that_goes_away_ends_the_run_with_what_was_seen() {
    let Some(net) = Net::new() else { return };
    let mut command = net.command("ann", INSPECTOR);
    command.args(["live", "eth0", "--json"]);
    let inspector = net.listen("ann", "eth0", command);
    chat(&net);
    thread::sleep(Duration::from_millis(100));
    net.ip("ann", "link delete eth0");
    let output = inspector.finish();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(texts(&events(&output)), SAID);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("eth0"),
        "{output:?}"
    );
}

#[test]
fn without_rights_it_says_how_to_get_them() {
    let Some(net) = Net::new() else { return };
    if !net::is_there("setpriv") {
        return skip::loudly("`setpriv` is missing (apt-get install util-linux)");
    }
    let (_folder, binary) = net::copy_for_everybody(INSPECTOR);
    for backend in ["ring", "raw"] {
        let mut command = net.command(TAP, "setpriv");
        command
            .args([
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "--inh-caps=-all",
            ])
            .arg(&binary)
            .args(["live", TAP, "--backend", backend]);
        let output = ended(command);
        let setcap = format!("setcap cap_net_raw=ep {}", binary.display());
        assert_sentence(&output, 1, &["sudo", &setcap]);
    }
}

/// `inspector live tap` in the bridge's namespace.
fn live(net: &Net, more: &[&str]) -> Command {
    let mut command = net.command(TAP, INSPECTOR);
    command.args(["live", TAP]).args(more);
    command
}

/// The events that `inspector live tap --json` tells of what is done.
fn listen_to(net: &Net, more: &[&str], act: impl FnOnce()) -> Vec<Value> {
    let mut command = net.command(TAP, INSPECTOR);
    command.args(["live", TAP, "--json"]).args(more);
    let inspector = net.listen(TAP, TAP, command);
    act();
    events(&stopped(inspector))
}

/// What a program that ends by itself said.
fn ended(mut command: Command) -> Output {
    Running::new(command.spawn().expect("it runs")).finish()
}

/// Ctrl-C, once the last frames had time to arrive, and a good end.
fn stopped(recorder: Running) -> Output {
    thread::sleep(Duration::from_millis(200));
    let (output, _) = recorder.stop(Signal::INT);
    assert!(output.status.success(), "{output:?}");
    output
}

/// The tutorial's Python programs. Their keyboards are pipes filled beforehand: each waits for the
/// other's words before it reads its own next line.
fn tutorial_chat(net: &Net, programs: &Pair) {
    let typed = |side: &str, skip: usize| {
        let said = SAID.iter().filter(|(by, _)| *by == side).skip(skip);
        said.fold(String::new(), |typed, (_, text)| typed + text + "\n")
    };
    let start = |host: &str, code: &str, typed: String| {
        let mut python = net.command(host, "python3");
        let python = python
            .args(["-X", "utf8", "-c", code])
            .stdin(Stdio::piped());
        let mut python = Running::new(python.spawn().expect("python3 starts"));
        let mut keyboard = python.child().stdin.take().expect("piped");
        keyboard.write_all(typed.as_bytes()).expect("it reads");
        python
    };
    let _server = start("server", &programs.server, typed("resp", 1));
    net.wait_listening("server");
    let client = start("ann", &programs.client, typed("orig", 0)).finish();
    assert!(client.status.success(), "{client:?}");
    let heard = String::from_utf8_lossy(&client.stdout);
    assert!(
        heard.contains("不客气"),
        "the chat went another way: {heard}"
    );
    thread::sleep(Duration::from_millis(100));
}

/// The same chat, said by two sockets.
fn chat(net: &Net) {
    let address = SocketAddr::new(SERVER.parse::<IpAddr>().expect("an address"), PORT);
    let listener = net
        .inside("server", || TcpListener::bind(address))
        .expect("bound");
    let mut client = net
        .inside("ann", || TcpStream::connect(address))
        .expect("connected");
    let (mut server, _) = listener.accept().expect("accepted");
    for (by, text) in SAID {
        let (from, to) = match by {
            "orig" => (&mut client, &mut server),
            _ => (&mut server, &mut client),
        };
        from.write_all(text.as_bytes()).expect("sent");
        let mut heard = vec![0; text.len()];
        to.read_exact(&mut heard).expect("received");
    }
    drop(client);
    assert_eq!(server.read(&mut [0; 1]).expect("closed well"), 0);
}

fn assert_tells_the_chat(events: &[Value]) {
    assert_eq!(events[0]["event"], "capture_opened");
    assert_eq!(events[0]["schema"], 1);
    assert_eq!(events[0]["live"], true);

    let resolved = &named(events, "arp_resolved")[0];
    assert_eq!(resolved["ip"], SERVER);
    assert_eq!(resolved["mac"], "02:00:00:00:0f:49");
    assert_eq!(resolved["asked_by"]["ip"], ANN);
    assert_eq!(resolved["because"], serde_json::json!([1]));
    assert_eq!(resolved["frame"], 2);

    let handshake = &named(events, "tcp_handshake")[0];
    assert_eq!(handshake["verdict"], "complete");
    assert_eq!(handshake["orig"]["ip"], ANN);
    assert_eq!(
        handshake["resp"],
        serde_json::json!({"ip": SERVER, "port": PORT})
    );
    assert_eq!(handshake["syn_frame"], 3);
    assert_eq!(handshake["synack_frame"], 4);
    assert_eq!(handshake["ack_frame"], 5);
    assert_eq!(
        handshake["because"][0], resolved["frame"],
        "the answer gave the SYN its MAC"
    );
    let rtt = handshake["synack_rtt_ns"].as_u64().expect("a round trip");
    assert!((1..1_000_000_000).contains(&rtt), "{rtt} ns");

    assert_eq!(texts(events), SAID);

    let teardown = &named(events, "tcp_teardown")[0];
    match teardown["kind"].as_str().expect("a kind") {
        "three_segment" | "four_segment" => {
            assert_eq!(teardown["time_wait"], teardown["closed_first"]);
        }
        // After "88" the tutorial's programs both hurry to close.
        "simultaneous_close" => assert_eq!(teardown["time_wait"], "both"),
        kind => panic!("{kind} is no good end"),
    }

    let closed = named(events, "tcp_closed");
    assert_eq!(closed.len(), 1, "one connection, one record");
    assert_eq!(closed[0]["conn_state"], "SF");
    assert_eq!(closed[0]["role"], "seen");
    // A busy machine may be slow to acknowledge, and TCP then sends again. That is told too.
    let oddities = named(events, "tcp_oddity").into_iter();
    let again = oddities.filter(|oddity| oddity["name"] == "retransmission");
    assert_eq!(closed[0]["retransmissions"], again.count());
    assert_eq!(closed[0]["bad_checksums"], 0);

    let end = events.last().expect("events");
    assert_eq!(end["event"], "capture_closed");
    assert!(end["frames"].as_u64().expect("a count") > 10);
    assert_eq!(end["frames"], end["decoded"]);
}

fn events(output: &Output) -> Vec<Value> {
    let told = str::from_utf8(&output.stdout).expect("UTF-8");
    let parsed = told
        .lines()
        .map(|line| serde_json::from_str(line).expect("one object a line"));
    parsed.collect()
}

fn named<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events
        .iter()
        .filter(|event| event["event"] == name)
        .collect()
}

/// Who said what, in the order told.
fn texts(events: &[Value]) -> Vec<(&str, &str)> {
    fn word<'a>(message: &'a Value, field: &str) -> &'a str {
        message[field].as_str().unwrap_or_default()
    }
    let messages = named(events, "tcp_message").into_iter();
    messages
        .map(|message| (word(message, "from"), word(message, "text")))
        .collect()
}

/// One line on stderr that holds these words, nothing on stdout, and this exit code.
fn assert_sentence(output: &Output, code: i32, words: &[&str]) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert_eq!(output.stdout, b"", "{output:?}");
    let told = str::from_utf8(&output.stderr).expect("UTF-8");
    assert_eq!(told.lines().count(), 1, "one sentence: {told}");
    for word in words {
        assert!(told.contains(word), "`{word}` is missing: {told}");
    }
}
