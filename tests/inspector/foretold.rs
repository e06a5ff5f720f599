//! What `--recv` foretells, against what the tutorial's programs printed in Python.

use std::{
    fmt::Write as _,
    io::{self, BufReader, Read as _, Write as _},
    net::{TcpStream, UdpSocket},
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use inspector::{
    capture::{Frame, savefile::Savefile, stop::Stop},
    decode::Packet,
    inspect::{self, Job},
    report::{
        Opened, Report, Totals,
        transcript::{
            item::{Item, Outcome, Read, What},
            talks::Talks,
        },
    },
    time::Timestamp,
    track::{
        Config, Interest,
        event::{Content, Event, ExchangeId, Kind, UdpMessage},
        flow::{Endpoint, Flow, Side},
    },
};
use rustix::process::Signal;

use super::{
    net::{self, ANN, Net, PORT, Running, SERVER, TAP},
    skip,
    tutorial::{Pair, Tutorial},
};

/// Longer than an answer takes, so that each line is typed after the answer to the one before.
const THINKING: Duration = Duration::from_millis(150);

/// What the programs ask their persons.
const PROMPTS: [&str; 3] = ["服务端输入信息: ", "客户端输入请求: ", "输入回复内容: "];

/// Says of each line of hexadecimal digits what is wrong with it as UTF-8.
const CODE: &str = "
import sys
for line in sys.stdin:
    try:
        str(bytes.fromhex(line), 'utf8')
        print('fine')
    except UnicodeDecodeError as error:
        print(error)
";

#[test]
fn a_chat_is_read_line_by_line() {
    let Some(scene) = Scene::new(|tutorial| &tutorial.tcp, 1024) else {
        return;
    };
    let server = scene.server(&["We close at six. 晚上六点。", "不客气"]);
    let client = scene.client(&["你好，请问几点关门？", "Thank you! 谢谢", "88"]);
    thread::sleep(THINKING);
    let (server, _) = server.stop(Signal::KILL);
    let reads = scene.foretold();
    assert_eq!(said(&reads, Side::Orig), printed(&client));
    assert_eq!(said(&reads, Side::Resp), printed(&server));
    assert_eq!(printed(&server).len(), 3);
}

#[test]
fn long_lines_come_in_parts_and_glued_to_the_next() {
    let Some(scene) = Scene::new(|tutorial| &tutorial.tcp, 6) else {
        return;
    };
    let server = scene.server(&["晚上六点", "再见", "a", "朋友们"]);
    let client = scene.client(&["一", "二", "三", "四", "五五", "88"]);
    thread::sleep(THINKING);
    let (server, _) = server.stop(Signal::KILL);
    let reads = scene.foretold();
    assert_eq!(said(&reads, Side::Orig), printed(&client));
    assert_eq!(said(&reads, Side::Resp), printed(&server));
    let of_client = || reads.iter().filter(|read| read.by == Side::Orig);
    assert!(of_client().any(|read| read.messages > 1), "{reads:?}");
    assert!(of_client().any(|read| read.is_split), "{reads:?}");
    assert!(of_client().any(|read| read.left > 0), "{reads:?}");
}

#[test]
fn a_character_cut_by_recv_ends_the_program() {
    let Some(scene) = Scene::new(|tutorial| &tutorial.tcp, 1024) else {
        return;
    };
    let long = "白日依山尽，黄河入海流。".repeat(100);
    let server = scene.server(&[&long]);
    let client = scene.client(&["念一首诗", "88"]);
    let server = server.finish();
    let reads = scene.foretold();
    assert_eq!(said(&reads, Side::Orig), printed(&client));
    assert_eq!(said(&reads, Side::Resp), printed(&server));
    let last = printed(&client).pop().expect("it said something");
    assert!(
        last.contains("position 1023: unexpected end of data"),
        "{last}"
    );
}

#[test]
fn a_character_cut_by_two_segments_ends_the_program() {
    let Some(scene) = Scene::new(|tutorial| &tutorial.tcp, 1024) else {
        return;
    };
    let server = scene.server(&["好"]);
    let mut client = scene.connect();
    let text = "再见".as_bytes();
    client.write_all(&text[..4]).expect("sent");
    thread::sleep(THINKING);
    let _ = client.write_all(&text[4..]);
    let server = server.finish();
    let reads = scene.foretold();
    assert_eq!(said(&reads, Side::Resp), printed(&server));
    assert_eq!(printed(&server).len(), 1);
}

#[test]
fn what_comes_while_the_server_types_is_glued_and_88_is_not_recognised() {
    let Some(scene) = Scene::new(|tutorial| &tutorial.tcp, 1024) else {
        return;
    };
    let mut server = scene.python("server", &scene.programs.server);
    let mut keyboard = server.child().stdin.take().expect("piped");
    scene.net.wait_listening("server");
    let mut client = scene.connect();
    for words in ["一", "二", "88"] {
        client.write_all(words.as_bytes()).expect("sent");
        thread::sleep(THINKING);
    }
    for words in ["好", "再见"] {
        writeln!(keyboard, "{words}").expect("it reads");
        thread::sleep(THINKING);
    }
    drop(client);
    thread::sleep(THINKING);
    let (server, _) = server.stop(Signal::KILL);
    let reads = scene.foretold();
    assert_eq!(said(&reads, Side::Resp), printed(&server));
    assert_eq!(printed(&server), ["一", "二88"]);
}

#[test]
fn the_tail_of_a_long_datagram_is_lost() {
    let Some(scene) = Scene::new(|tutorial| &tutorial.udp, 1024) else {
        return;
    };
    let server = scene.server_bound(&["1", "2", "3"]);
    let client = scene
        .net
        .inside("ann", || UdpSocket::bind((ANN, 0)).expect("bound"));
    let short = "在吗？".to_owned();
    for words in [&short, &"x".repeat(1400), &"好".repeat(400)] {
        let sent = client.send_to(words.as_bytes(), (SERVER, PORT));
        assert_eq!(sent.expect("sent"), words.len());
        thread::sleep(THINKING);
    }
    let server = server.finish();
    let reads = scene.foretold();
    let port = client.local_addr().expect("bound").port();
    let head = format!("一条来自客户端('{ANN}', {port})的消息: ");
    let foretold = said(&reads, Side::Resp).into_iter().map(|words| {
        let is_error = words.starts_with("UnicodeDecodeError");
        if is_error {
            words
        } else {
            head.clone() + &words
        }
    });
    assert_eq!(foretold.collect::<Vec<_>>(), printed(&server));
    let lost: Vec<_> = reads
        .iter()
        .filter(|it| it.by == Side::Resp)
        .map(|it| it.lost)
        .collect();
    assert_eq!(lost, [0, 376, 176]);
}

/// Every short run of bytes that can be wrong in some way, and what Python says of it.
#[test]
fn decode_errors_are_pythons_own() {
    const BYTES: [u8; 16] = [
        0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xe5, 0xed, 0xf0, 0xf1, 0xf4,
        0xff,
    ];
    if !net::is_there("python3") {
        return skip::loudly("`python3` is missing");
    }
    let mut runs: Vec<Vec<u8>> = vec![Vec::new()];
    for begin in 0..1 + 16 + 256 + 4096 {
        for byte in BYTES {
            let run = [&runs[begin][..], &[byte]].concat();
            runs.push(run);
        }
    }
    let mut python = Command::new("python3")
        .args(["-X", "utf8", "-c", CODE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    let mut keyboard = python.stdin.take().expect("piped");
    let lines: String = runs.iter().map(|run| hex(run) + "\n").collect();
    let typing = thread::spawn(move || keyboard.write_all(lines.as_bytes()));
    let mut says = String::new();
    let mut screen = python.stdout.take().expect("piped");
    screen.read_to_string(&mut says).expect("UTF-8");
    typing.join().expect("typed").expect("it reads");
    assert!(python.wait().expect("it ends").success());
    assert_eq!(says.lines().count(), runs.len());
    for (run, says) in runs.iter().zip(says.lines()) {
        let foretold = match foretold_of_datagram(run) {
            Outcome::Fails(words) => words,
            _ => "fine".to_owned(),
        };
        assert_eq!(foretold, says, "{}", hex(run));
    }
}

/// The tutorial's programs on a wire that is recorded.
struct Scene {
    net: Net,
    programs: Pair,
    recv: usize,
    recorder: Running,
    folder: tempfile::TempDir,
}

impl Scene {
    /// Two of the programs, which read so many bytes at a time.
    fn new(which: fn(&Tutorial) -> &Pair, recv: usize) -> Option<Self> {
        let net = Net::new()?;
        let tutorial = Tutorial::find()?;
        let pair = which(&tutorial);
        let reads = |code: &str| {
            assert!(code.contains("1024"), "{code}");
            code.replace("1024", &recv.to_string())
        };
        let programs = Pair {
            server: reads(&pair.server),
            client: reads(&pair.client),
        };
        let folder = tempfile::tempdir().expect("a directory");
        let mut live = net.command(TAP, env!("CARGO_BIN_EXE_inspector"));
        live.args(["live", TAP, "--view", "summary", "-w"]);
        live.arg(folder.path().join("chat.pcap"));
        let recorder = net.listen(TAP, TAP, live);
        Some(Self {
            net,
            programs,
            recv,
            recorder,
            folder,
        })
    }

    /// The server, whose answers are typed beforehand.
    fn server(&self, answers: &[&str]) -> Running {
        let server = self.typing_at_once(answers);
        self.net.wait_listening("server");
        server
    }

    fn server_bound(&self, answers: &[&str]) -> Running {
        let server = self.typing_at_once(answers);
        self.net.wait_bound("server");
        server
    }

    fn typing_at_once(&self, answers: &[&str]) -> Running {
        let mut server = self.python("server", &self.programs.server);
        let mut keyboard = server.child().stdin.take().expect("piped");
        for answer in answers {
            writeln!(keyboard, "{answer}").expect("it reads");
        }
        server
    }

    /// The client, whose person thinks when asked for a line. Until its end.
    fn client(&self, lines: &[&str]) -> Output {
        let mut client = self.python("ann", &self.programs.client);
        let mut keyboard = client.child().stdin.take().expect("piped");
        let screen = client.child().stdout.take().expect("piped");
        let mut lines = lines.iter();
        let mut shown = Vec::new();
        for byte in BufReader::new(screen).bytes() {
            shown.push(byte.expect("it can be read"));
            let is_asked = PROMPTS
                .iter()
                .any(|prompt| shown.ends_with(prompt.as_bytes()));
            if is_asked && let Some(line) = lines.next() {
                thread::sleep(THINKING);
                writeln!(keyboard, "{line}").expect("it reads");
            }
        }
        Output {
            stdout: shown,
            ..client.finish()
        }
    }

    /// A client of ours, greeted.
    fn connect(&self) -> TcpStream {
        let connect = || TcpStream::connect((SERVER, PORT)).expect("connected");
        let mut client = self.net.inside("ann", connect);
        client.set_nodelay(true).expect("set");
        let greeting = client.read(&mut [0; 64]).expect("greeted");
        assert_eq!(greeting, 21);
        client
    }

    fn python(&self, host: &str, code: &str) -> Running {
        let mut command = self.net.command(host, "python3");
        command
            .args(["-u", "-X", "utf8", "-c", code])
            .stdin(Stdio::piped());
        Running::new(command.spawn().expect("python3 starts"))
    }

    /// Ends the recording: what the programs must have read.
    fn foretold(self) -> Vec<Read> {
        thread::sleep(THINKING);
        let (output, _) = self.recorder.stop(Signal::INT);
        assert!(output.status.success(), "{output:?}");
        foretold(&self.folder.path().join("chat.pcap"), self.recv)
    }
}

/// What each read of a side gave its program, as the program says it.
fn said(reads: &[Read], by: Side) -> Vec<String> {
    let of_side = reads.iter().filter(|read| read.by == by);
    let said = of_side.map(|read| match &read.outcome {
        Outcome::Printed(words) => words.clone(),
        Outcome::Empty => String::new(),
        Outcome::Fails(words) => format!("UnicodeDecodeError: {words}"),
        Outcome::Unknown => panic!("all was captured: {read:?}"),
    });
    said.collect()
}

/// What a program printed, without its prompts; at last the error that ended it, if one of decoding did.
fn printed(output: &Output) -> Vec<String> {
    let mut told = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    for prompt in PROMPTS {
        told = told.replace(prompt, "");
    }
    let mut lines: Vec<_> = told.lines().map(str::to_owned).collect();
    let errors = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    let last = errors.lines().last().unwrap_or_default();
    if last.starts_with("UnicodeDecodeError") {
        lines.push(last.to_owned());
    }
    lines
}

fn foretold(capture: &Path, recv: usize) -> Vec<Read> {
    let stop = Stop::new().expect("a file descriptor");
    let mut source = Savefile::open(&[capture.to_owned()], &stop).expect("it was written");
    let opened = Opened {
        source: "a recording".into(),
        live: false,
        link_types: Vec::new(),
        at: None,
    };
    let job = Job {
        tracking: Config::reading(),
        ..Job::default()
    };
    let mut reads = Reads {
        talks: Talks::new(Some(recv), None),
        items: Vec::new(),
    };
    inspect::inspect(&mut source, opened, &mut reads, job, &mut |trouble| {
        panic!("{trouble}");
    })
    .expect("nothing is written");
    reads.of_items()
}

fn foretold_of_datagram(bytes: &[u8]) -> Outcome {
    let end = |port| Endpoint {
        ip: SERVER.parse().expect("an address"),
        port,
    };
    let kind = Kind::UdpMessage(UdpMessage {
        exchange: ExchangeId(1),
        flow: Flow {
            orig: end(1),
            resp: end(2),
        },
        from: Side::Orig,
        len: bytes.len() as u64,
        content: Content::Bytes(bytes.to_vec()),
        cut: 0,
        frames: vec![1].into(),
        answers: None,
        route: None,
    });
    let event = Event {
        at: Timestamp::default(),
        frame: Some(1),
        ending: false,
        because: Vec::new(),
        kind,
    };
    let mut reads = Reads {
        talks: Talks::new(Some(1024), None),
        items: Vec::new(),
    };
    reads.event(&event).expect("nothing is written");
    reads.of_items().remove(0).outcome
}

/// Keeps what is read.
struct Reads {
    talks: Talks,
    items: Vec<Item>,
}

impl Reads {
    fn of_items(self) -> Vec<Read> {
        let reads = self.items.into_iter().filter_map(|item| match item.what {
            What::Read(read) => Some(read),
            _ => None,
        });
        reads.collect()
    }
}

impl Report for Reads {
    fn opened(&mut self, _: &Opened) -> io::Result<()> {
        Ok(())
    }

    fn wants_packets(&self) -> bool {
        true
    }

    fn interest(&self) -> Option<Interest> {
        Some(Interest {
            events: true,
            text: true,
            whole: true,
        })
    }

    fn packet(&mut self, number: u64, frame: &Frame<'_>, packet: &Packet<'_>) -> io::Result<()> {
        self.talks.packet(number, frame.at, packet);
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.talks.event(event, &mut self.items);
        Ok(())
    }

    fn closed(&mut self, _: &Totals) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::new();
    for byte in bytes {
        write!(digits, "{byte:02x}").expect("a String takes everything");
    }
    digits
}
