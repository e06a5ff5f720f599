use std::{
    fs,
    io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    process::{ChildStderr, Command, Output, Stdio},
    thread,
    time::Duration,
};

use rustix::process::Signal;
use serde_json::Value;
use socket2::{Domain, Socket, Type};

use super::{
    net::{self, Net, Running, SERVER, TAP},
    skip,
    tutorial::Tutorial,
};

const INSPECTOR: &str = env!("CARGO_BIN_EXE_inspector");

const GREETING: &str = "服务端提供服务";

/// What the client says, and what the server answers.
const TALK: [(&str, &str); 2] = [
    ("你好，请问几点关门？", "We close at six. 晚上六点。"),
    ("Thank you! 谢谢", "不客气"),
];

#[test]
fn tcp_with_the_tutorials_client() {
    with_the_tutorial(|net, tutorial| {
        let server = start(
            net,
            "server",
            &with_answers("chat tcp serve", "--clients 1"),
        );
        net.wait_listening("server");
        let client = python(net, "ann", &tutorial.tcp.client, &typed_by_client(&["88"]));
        assert_good(client.finish(), &["晚上六点。", "不客气"]);
        assert_good(server.finish(), &["谢谢", "88"]);
        tcp_talk()
    });
}

#[test]
fn tcp_with_the_tutorials_server() {
    with_the_tutorial(|net, tutorial| {
        let answers: Vec<&str> = TALK.map(|(_, answer)| answer).into();
        let _server = python(net, "server", &tutorial.tcp.server, &answers);
        net.wait_listening("server");
        let client = start(
            net,
            "ann",
            &with_questions("chat tcp connect", SERVER, &["88"]),
        );
        assert_good(client.finish(), &["晚上六点。", "不客气"]);
        tcp_talk()
    });
}

#[test]
fn udp_with_the_tutorials_client() {
    with_the_tutorial(|net, tutorial| {
        let server = start(
            net,
            "server",
            &with_answers("chat udp serve", "--messages 2"),
        );
        net.wait_bound("server");
        let typed = [&["taibai"], &typed_by_client(&["Q", "Q"])[..]].concat();
        let client = python(net, "ann", &tutorial.udp.client, &typed);
        assert_good(client.finish(), &["晚上六点。", "不客气"]);
        assert_good(server.finish(), &["谢谢"]);
        udp_talk()
    });
}

#[test]
fn udp_with_the_tutorials_server() {
    let folder = tempfile::tempdir().expect("a directory");
    let book = folder.path().join("names.toml");
    fs::write(
        &book,
        format!("taibai = \"{SERVER}:8520\"\nlibai = \"{SERVER}\"\n"),
    )
    .expect("written");
    with_the_tutorial(|net, tutorial| {
        let answers: Vec<&str> = TALK.map(|(_, answer)| answer).into();
        let _server = python(net, "server", &tutorial.udp.server, &answers);
        net.wait_bound("server");
        let book = book.to_str().expect("UTF-8");
        let mut arguments = words("chat udp talk --book");
        arguments.push(book.into());
        for line in [&["libai"], &typed_by_client(&["Q", "Q"])[..]].concat() {
            arguments.extend(["--say".to_owned(), line.to_owned()]);
        }
        let client = start(net, "ann", &arguments);
        assert_good(client.finish(), &["晚上六点。", "不客气"]);
        udp_talk()
    });
}

#[test]
fn shop_with_the_tutorials_customer() {
    with_the_tutorial(|net, tutorial| {
        let server = start(net, "server", &words(&format!("chat shop serve {SERVER}")));
        net.wait_bound("server");
        let client = python(net, "ann", &tutorial.shop.client, &[]);
        assert_good(client.finish(), &["商城信息balabala......"]);
        assert_good(server.finish(), &["给我你商城的信息"]);
        shop_talk()
    });
}

#[test]
fn shop_with_the_tutorials_shop() {
    with_the_tutorial(|net, tutorial| {
        let server = python(net, "server", &tutorial.shop.server, &[]);
        net.wait_bound("server");
        let client = start(net, "ann", &words(&format!("chat shop ask {SERVER}")));
        assert_good(client.finish(), &["商城信息balabala......"]);
        assert_good(server.finish(), &["给我你商城的信息"]);
        shop_talk()
    });
}

#[test]
fn a_second_client_waits_and_is_served_after_the_first() {
    let server = Server::start("tcp", &["--clients", "2", "--say", "一", "--say", "二"]);
    let mut first = server.connect();
    assert_eq!(hear(&mut first), GREETING);
    let mut second = server.connect();
    second.set_nonblocking(true).expect("set");
    thread::sleep(Duration::from_millis(100));
    assert!(second.read(&mut [0; 64]).is_err(), "nobody greets it yet");
    second.set_nonblocking(false).expect("set");
    for (client, answer) in [(&mut first, "一"), (&mut second, "二")] {
        if answer == "二" {
            assert_eq!(hear(client), GREETING);
        }
        say(client, "hello");
        assert_eq!(hear(client), answer);
        say(client, "88");
        assert_eq!(hear(client), "", "88 closes");
    }
    assert_good(server.finish(), &["hello", "88"]);
}

#[test]
fn clients_that_vanish_or_break_off_end_no_server() {
    let server = Server::start("tcp", &["--clients", "3", "--say", "好"]);
    let mut vanishing = server.connect();
    assert_eq!(hear(&mut vanishing), GREETING);
    drop(vanishing);
    let mut breaking = server.connect();
    assert_eq!(hear(&mut breaking), GREETING);
    socket2::SockRef::from(&breaking)
        .set_linger(Some(Duration::ZERO))
        .expect("set");
    drop(breaking);
    let mut client = server.connect();
    assert_eq!(hear(&mut client), GREETING);
    say(&mut client, "还在吗？");
    assert_eq!(hear(&mut client), "好");
    say(&mut client, "88");
    let output = server.finish();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for remark in ["left without 88", "broke the connection off", "said 88"] {
        assert!(said.contains(remark), "{remark}: {said}");
    }
    assert_good(output, &["还在吗？"]);
}

#[test]
fn a_cut_character_is_put_together_and_bad_bytes_are_shown_safely() {
    let server = Server::start("tcp", &["--clients", "1", "--say", "好", "--say", "好"]);
    let mut client = server.connect();
    client.set_nodelay(true).expect("set");
    assert_eq!(hear(&mut client), GREETING);
    let text = "再见".as_bytes();
    client.write_all(&text[..4]).expect("sent");
    thread::sleep(Duration::from_millis(50));
    client.write_all(&text[4..]).expect("sent");
    assert_eq!(hear(&mut client), "好");
    client.write_all(b"\x1b[2J\xff\x07").expect("sent");
    assert_eq!(hear(&mut client), "好");
    say(&mut client, "88");
    let output = server.finish();
    for bad in [0x1b, 0x07, 0xff] {
        assert!(!output.stdout.contains(&bad), "{output:?}");
    }
    assert_good(output, &["再见", "\u{fffd}"]);
}

#[test]
fn an_empty_line_is_asked_for_again() {
    let server = Server::start("tcp", &["--clients", "1", "--say", "", "--say", "好"]);
    let address = server.address.clone();
    let arguments = [
        "chat", "tcp", "connect", &address, "--say", "", "--say", "在吗",
    ];
    let client = command(&arguments)
        .args(["--say", "88"])
        .output()
        .expect("it runs");
    assert!(String::from_utf8_lossy(&client.stderr).contains("empty line"));
    assert_good(client, &["server: 好"]);
    assert_good(server.finish(), &["在吗", "88"]);
}

#[test]
fn lines_come_from_a_script_or_a_pipe_too() {
    let folder = tempfile::tempdir().expect("a directory");
    let script = folder.path().join("lines.txt");
    fs::write(&script, "你好\n88\n").expect("written");
    for piped in [false, true] {
        let server = Server::start("tcp", &["--clients", "1", "--say", "好"]);
        let mut client = command(&["chat", "tcp", "connect", &server.address]);
        if piped {
            client.stdin(fs::File::open(&script).expect("there"));
        } else {
            client.arg("--script").arg(&script);
        }
        assert_good(client.output().expect("it runs"), &["server: 好"]);
        assert_good(server.finish(), &["你好", "88"]);
    }
}

#[test]
fn a_terminal_edits_whole_chinese_characters() {
    // The last character is taken back; then the cursor goes left, and a word comes between.
    let typed = ["你好吗\x7f", "\x1b[D", "们", "\r", "88\r"].map(str::as_bytes);
    typed_at_a_terminal("xterm", &typed, &["你们好", "88"]);
}

#[test]
fn what_is_typed_ahead_or_pasted_is_kept() {
    for term in ["xterm", "dumb"] {
        let pasted = "one\rtwo\t两\r三\r88\r".as_bytes();
        typed_at_a_terminal(term, &[pasted], &["one", "三", "88"]);
    }
    // As the terminal tells that it is pasted.
    let pasted = "\x1b[200~one\rtwo\x1b[201~\r88\r".as_bytes();
    typed_at_a_terminal("xterm", &[pasted], &["one", "two", "88"]);
}

#[test]
fn a_byte_that_is_no_utf_8_ends_nothing() {
    for term in ["xterm", "dumb"] {
        let typed: [&[u8]; 5] = [b"a", b"\xff", b"b", b"\r", b"88\r"];
        typed_at_a_terminal(term, &typed, &["a\u{fffd}b", "88"]);
    }
    let typed: [&[u8]; 4] = ["你".as_bytes(), b"\x1b[D\xff", b"!\r", b"88\r"];
    typed_at_a_terminal("xterm", &typed, &["\u{fffd}!你", "88"]);

    let folder = tempfile::tempdir().expect("a directory");
    let script = folder.path().join("lines.txt");
    fs::write(&script, b"a\xffb\n88\n").expect("written");
    let server = Server::start("tcp", &["--clients", "1", "--say", "好"]);
    let mut client = command(&["chat", "tcp", "connect", &server.address, "--script"]);
    assert_good(client.arg(&script).output().expect("it runs"), &["好"]);
    assert_good(server.finish(), &["a\u{fffd}b", "88"]);
}

#[test]
fn where_the_output_goes_elsewhere_the_terminal_is_still_asked() {
    if !net::has_terminals() {
        return skip::loudly("no terminal can be made here (package bsdutils, and /dev/pts)");
    }
    let folder = tempfile::tempdir().expect("a directory");
    let told = folder.path().join("told.txt");
    let server = Server::start("tcp", &["--clients", "1", "--say", "好"]);
    let line = format!(
        "{INSPECTOR} chat tcp connect {} > {}",
        server.address,
        told.display()
    );
    let output = at_a_terminal(&line, "xterm", &[b"hello\r", b"88\r"]);
    assert_good(server.finish(), &["hello", "88"]);
    assert_good(output, &["you> "]);
    let told = fs::read_to_string(told).expect("written");
    assert_eq!(told, format!("server: {GREETING}\nserver: 好\n"));
}

#[test]
fn ctrl_c_ends_a_program_in_the_same_way_everywhere() {
    if !net::has_terminals() {
        return skip::loudly("no terminal can be made here (package bsdutils, and /dev/pts)");
    }
    // A server that is silent, and one that greets.
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("bound");
    for greeting in ["", GREETING] {
        let line = format!("{INSPECTOR} chat tcp connect {address}");
        // On a busy machine it may not be listening yet.
        let typing =
            thread::spawn(move || at_a_terminal(&line, "xterm", &[b"\x03".as_slice(); 20]));
        let (mut client, _) = listener.accept().expect("it connects");
        client.write_all(greeting.as_bytes()).expect("sent");
        let output = typing.join().expect("typed");
        assert_eq!(output.status.code(), Some(130), "{greeting}: {output:?}");
    }
}

#[test]
fn a_reader_that_has_gone_away_is_no_failure() {
    let server = Server::start("tcp", &["--say", "好"]);
    let mut client = command(&[
        "chat",
        "tcp",
        "connect",
        &server.address,
        "--pause",
        "100ms",
    ]);
    for line in ["hello", "hello", "88"] {
        client.args(["--say", line]);
    }
    let mut client = Running::new(client.spawn().expect("it runs"));
    let stdout = client.child().stdout.take().expect("piped");
    BufReader::new(stdout)
        .read_line(&mut String::new())
        .expect("a line");
    let output = client.finish();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn who_waits_in_line_is_told_so() {
    let server = Server::start("tcp", &["--clients", "2", "--say", "好"]);
    let mut first = server.connect();
    assert_eq!(hear(&mut first), GREETING);
    let mut second = command(&["chat", "tcp", "connect", &server.address, "--say", "88"]);
    let mut second = Running::new(second.spawn().expect("it runs"));
    let mut said = BufReader::new(second.child().stderr.take().expect("piped"));
    let mut line = String::new();
    said.read_line(&mut line).expect("it says so");
    assert!(line.contains("waiting for my turn"), "{line}");
    say(&mut first, "88");
    assert_good(second.finish(), &[GREETING]);
    assert_good(server.finish(), &["88"]);
}

#[test]
fn a_udp_client_says_what_is_wrong_and_goes_on() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("bound");
    let closed = UdpSocket::bind("127.0.0.1:0").expect("bound");
    let folder = tempfile::tempdir().expect("a directory");
    let book = folder.path().join("names.toml");
    let address = |socket: &UdpSocket| socket.local_addr().expect("bound").to_string();
    let names = format!(
        "silent = \"{}\"\nclosed = \"{}\"\n",
        address(&silent),
        address(&closed)
    );
    fs::write(&book, names).expect("written");
    drop(closed);
    let mut client = command(&["chat", "udp", "talk", "--wait", "100ms", "--book"]);
    client.arg(&book);
    let long = "x".repeat(65_508);
    for line in [
        "nobody", "silent", "hello", &long, "Q", "closed", "hello", "Q", "Q",
    ] {
        client.args(["--say", line]);
    }
    let output = client.output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 4, "{said}");
    for (line, words) in lines.iter().zip([
        "closed, silent",
        "in time",
        "at most 65507",
        "nobody listens",
    ]) {
        assert!(line.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_late_answer_does_not_pass_for_that_to_the_next_line() {
    let slow = UdpSocket::bind("127.0.0.1:0").expect("bound");
    let folder = tempfile::tempdir().expect("a directory");
    let book = folder.path().join("names.toml");
    let address = slow.local_addr().expect("bound");
    fs::write(&book, format!("slow = \"{address}\"\n")).expect("written");
    let mut client = command(&["chat", "udp", "talk", "--wait", "300ms", "--pause", "600ms"]);
    client.arg("--book").arg(&book);
    for line in ["slow", "first", "second", "Q", "Q"] {
        client.args(["--say", line]);
    }
    let client = Running::new(client.spawn().expect("it runs"));
    let mut buffer = [0; 64];
    let (_, from) = slow.recv_from(&mut buffer).expect("first");
    thread::sleep(Duration::from_millis(600));
    slow.send_to(b"to the first", from).expect("sent");
    let (count, from) = slow.recv_from(&mut buffer).expect("second");
    assert_eq!(&buffer[..count], b"second");
    slow.send_to(b"to the second", from).expect("sent");
    let output = client.finish();
    assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1);
    assert_good(output, &["slow: to the first", "slow: to the second"]);
}

#[test]
fn what_cannot_be_is_one_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("bound");
    let folder = tempfile::tempdir().expect("a directory");
    let book = folder.path().join("bad.toml");
    fs::write(&book, "taibai = \"nowhere\"\n").expect("written");
    let book = book.to_str().expect("UTF-8");
    let empty = folder.path().join("empty.toml");
    fs::write(&empty, "").expect("written");
    let empty = empty.to_str().expect("UTF-8");
    for (arguments, words) in [
        (vec!["tcp", "serve", "192.0.2.1"], "192.0.2.1"),
        (
            vec!["tcp", "connect", "127.0.0.1:1"],
            "start the server first",
        ),
        (vec!["shop", "ask", "127.0.0.1:1"], "nobody listens"),
        (vec!["udp", "serve", "192.0.2.1"], "192.0.2.1"),
        (vec!["udp", "talk", "--book", book], "taibai"),
        (vec!["udp", "talk", "--book", empty], "nobody is in it"),
        (
            vec!["udp", "talk", "--book", "/nonexistent"],
            "/nonexistent",
        ),
    ] {
        let output = command(&[&["chat"], &arguments[..]].concat())
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(words), "{words}: {said}");
    }
    let address = taken.local_addr().expect("bound").to_string();
    let output = command(&["chat", "tcp", "serve", &address])
        .output()
        .expect("it runs");
    drop(taken);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("another program"));

    // As the tutorial's server leaves it, without SO_REUSEADDR, when it closes first.
    let left = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    left.bind(&any.into()).expect("bound");
    left.listen(1).expect("listens");
    let left = TcpListener::from(left);
    let address = left.local_addr().expect("bound").to_string();
    let mut client = TcpStream::connect(&address).expect("connected");
    drop(left.accept().expect("it connects"));
    assert_eq!(hear(&mut client), "");
    drop((client, left));
    net::wait_until("TIME_WAIT", || {
        let output = command(&["chat", "tcp", "serve", &address])
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).contains("in TIME_WAIT")
    });

    for count in ["--clients", "--messages"] {
        let kind = if count == "--clients" { "tcp" } else { "udp" };
        let output = command(&["chat", kind, "serve", "127.0.0.1:0", count, "0"])
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}

/// Types at the terminal of a client, and says what the server is to read.
fn typed_at_a_terminal(term: &str, keys: &[&[u8]], read: &[&str]) {
    if !net::has_terminals() {
        return skip::loudly("no terminal can be made here (package bsdutils, and /dev/pts)");
    }
    let script = [
        "--clients",
        "1",
        "--say",
        "好",
        "--say",
        "好",
        "--say",
        "好",
    ];
    let server = Server::start("tcp", &script);
    let line = format!("{INSPECTOR} chat tcp connect {}", server.address);
    let output = at_a_terminal(&line, term, keys);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains(GREETING));
    assert_good(server.finish(), read);
}

/// Runs a line of the shell at a terminal and types; what is shown is its output.
fn at_a_terminal(line: &str, term: &str, keys: &[&[u8]]) -> Output {
    let mut terminal = Command::new("script")
        .args(["-qec", line, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .env("TERM", term)
        .spawn()
        .expect("it runs");
    let mut keyboard = terminal.stdin.take().expect("piped");
    for keys in keys {
        thread::sleep(Duration::from_millis(300));
        if keyboard.write_all(keys).is_err() {
            // It has ended.
            break;
        }
    }
    let output = terminal.wait_with_output().expect("it ends");
    drop(keyboard);
    output
}

/// A server on a port of loopback that was free.
#[test]
fn an_answer_is_its_speakers_whoever_is_talked_to() {
    let [taibai, libai, other] = [(); 3].map(|()| UdpSocket::bind("127.0.0.1:0").expect("bound"));
    for socket in [&taibai, &libai] {
        let patience = Some(Duration::from_secs(10));
        socket.set_read_timeout(patience).expect("set");
    }
    let address = |socket: &UdpSocket| socket.local_addr().expect("bound").to_string();
    let folder = tempfile::tempdir().expect("a directory");
    let book = folder.path().join("names.toml");
    let names = format!(
        "taibai = \"{}\"\nlibai = \"{}\"\n",
        address(&taibai),
        address(&libai)
    );
    fs::write(&book, names).expect("written");
    let mut client = command(&["chat", "udp", "talk", "--wait", "2s", "--pause", "100ms"]);
    client.arg("--book").arg(&book);
    for line in ["taibai", "one", "Q", "libai", "two", "three", "Q", "Q"] {
        client.args(["--say", line]);
    }
    let client = Running::new(client.spawn().expect("it runs"));
    let mut buffer = [0; 64];
    let mut asked = |socket: &UdpSocket| {
        loop {
            match socket.recv_from(&mut buffer) {
                Ok((_, from)) => return from,
                Err(error) => assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}"),
            }
        }
    };
    let from = asked(&taibai);
    assert_eq!(from, asked(&libai), "one port, whoever the partner is");
    // Taibai is late, and libai's own answer comes after his.
    taibai.send_to(b"late", from).expect("sent");
    thread::sleep(Duration::from_millis(50));
    libai.send_to(b"in time", from).expect("sent");
    asked(&libai);
    other.send_to(b"from elsewhere", from).expect("sent");
    let output = client.finish();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let said: Vec<&str> = said.lines().collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("in time"), "{said:?}");
    let elsewhere = format!("{}: from elsewhere", address(&other));
    assert_good(output, &["taibai: late", "libai: in time", &elsewhere]);
}

/// A server on a port of loopback that was free.
struct Server {
    running: Running,
    address: String,
    said: BufReader<ChildStderr>,
}

impl Server {
    fn start(kind: &str, more: &[&str]) -> Self {
        let mut command = command(&["chat", kind, "serve", "127.0.0.1:0"]);
        let mut running = Running::new(command.args(more).spawn().expect("it runs"));
        let mut said = BufReader::new(running.child().stderr.take().expect("piped"));
        let mut line = String::new();
        said.read_line(&mut line).expect("it says where");
        let address = line
            .strip_prefix("listening on ")
            .and_then(|rest| rest.split(';').next());
        let address = address
            .unwrap_or_else(|| panic!("no address: {line}"))
            .to_owned();
        Self {
            running,
            address,
            said,
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("connected");
        let patience = Some(Duration::from_secs(10));
        stream.set_read_timeout(patience).expect("set");
        stream
    }

    fn finish(mut self) -> Output {
        let mut output = self.running.finish();
        self.said.read_to_end(&mut output.stderr).expect("read");
        output
    }
}

/// Runs a session on a wire between two hosts and compares what passed it, message by message.
fn with_the_tutorial(session: impl FnOnce(&Net, &Tutorial) -> Vec<(&'static str, &'static str)>) {
    let Some(net) = Net::new() else { return };
    let Some(tutorial) = Tutorial::find() else {
        return;
    };
    let mut live = net.command(TAP, INSPECTOR);
    live.args(["live", TAP, "--json"]);
    let recorder = net.listen(TAP, TAP, live);
    let meant = session(&net, &tutorial);
    thread::sleep(Duration::from_millis(200));
    let (output, _) = recorder.stop(Signal::INT);
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    let passed: Vec<(String, String)> = told
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("one object a line"))
        .filter(|event| event["event"] == "tcp_message" || event["event"] == "udp_message")
        .map(|event| {
            let word = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
            (word("from"), word("text"))
        })
        .collect();
    let meant: Vec<_> = meant
        .into_iter()
        .map(|(from, text)| (from.to_owned(), text.to_owned()))
        .collect();
    assert_eq!(passed, meant);
}

fn tcp_talk() -> Vec<(&'static str, &'static str)> {
    [&[("resp", GREETING)], &udp_talk()[..], &[("orig", "88")]].concat()
}

fn udp_talk() -> Vec<(&'static str, &'static str)> {
    let turns = TALK.map(|(question, answer)| [("orig", question), ("resp", answer)]);
    turns.concat()
}

fn shop_talk() -> Vec<(&'static str, &'static str)> {
    vec![
        ("orig", "给我你商城的信息"),
        ("resp", "商城信息balabala......"),
    ]
}

fn typed_by_client(last: &[&'static str]) -> Vec<&'static str> {
    let questions = TALK.map(|(question, _)| question);
    [&questions[..], last].concat()
}

fn with_answers(program: &str, more: &str) -> Vec<String> {
    let mut arguments = words(&format!("{program} {SERVER} {more}"));
    for (_, answer) in TALK {
        arguments.extend(["--say".to_owned(), answer.to_owned()]);
    }
    arguments
}

fn with_questions(program: &str, address: &str, last: &[&'static str]) -> Vec<String> {
    let mut arguments = words(&format!("{program} {address}"));
    for line in typed_by_client(last) {
        arguments.extend(["--say".to_owned(), line.to_owned()]);
    }
    arguments
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

fn start(net: &Net, host: &str, arguments: &[String]) -> Running {
    let mut command = net.command(host, INSPECTOR);
    Running::new(command.args(arguments).spawn().expect("it runs"))
}

/// One of the tutorial's programs; its keyboard is a pipe filled beforehand.
fn python(net: &Net, host: &str, code: &str, typed: &[&str]) -> Running {
    let mut command = net.command(host, "python3");
    command
        .args(["-u", "-X", "utf8", "-c", code])
        .stdin(Stdio::piped());
    let mut python = Running::new(command.spawn().expect("python3 starts"));
    let mut keyboard = python.child().stdin.take().expect("piped");
    for line in typed {
        writeln!(keyboard, "{line}").expect("it reads");
    }
    python
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(INSPECTOR);
    command.env("LC_ALL", "C");
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn assert_good(output: Output, shown: &[&str]) {
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    for words in shown {
        assert!(told.contains(words), "{words} was not shown: {told}");
    }
}

fn say(stream: &mut TcpStream, words: &str) {
    stream.write_all(words.as_bytes()).expect("sent");
}

fn hear(stream: &mut TcpStream) -> String {
    let mut buffer = [0; 1024];
    let count = stream.read(&mut buffer).expect("heard");
    String::from_utf8(buffer[..count].to_vec()).expect("UTF-8")
}
