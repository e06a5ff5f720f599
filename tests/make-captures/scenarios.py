"""What happens in each capture. A scenario's doc says what its file shows; the README quotes it.

Each scenario gets a network of its own, so nobody knows anybody's MAC address at the start. A
scenario sets its hosts up, then records with `with stage.recording():` what passes the bridge.
The tutorial's programs run unchanged but for addresses; where they cannot do what a file is to
show (abort, half-close, a datagram that is too long for them), our own in programs/ do.
"""

import time

from network import PORT
from program import Program

SERVER, ANN, BOB, ROUTER = "192.168.15.73", "192.168.15.42", "192.168.15.43", "192.168.15.1"
NEIGHBOUR, FAR = "192.168.12.42", "198.51.100.7"
ABSENT = "192.168.15.99"

SCENARIOS = []


def scenario(function):
    """Lists a scenario; its file is named after it."""
    function.file_name = function.__name__.replace("_", "-")
    SCENARIOS.append(function)
    return function


# --- the tutorial's own session -------------------------------------------------------------

@scenario
def chat(stage):
    """One whole session: a TCP chat in Chinese and English (ARP, handshake, greeting, "88",
    teardown), the UDP chat of two clients with a server in the next subnet (so through the
    router), and the shop's question and answer."""
    lan(stage)
    stage.network.router(("neighbour", NEIGHBOUR))
    with stage.recording():
        tcp_chat(stage, stage.tutorial.chat.at(SERVER))
        udp_chat(stage, stage.tutorial.udp_chat, "neighbour", ["ann", "bob"])
        shop(stage, "bob")


@scenario
def ipv6_chat(stage):
    """The TCP chat over IPv6: neighbour discovery in ARP's place."""
    lan(stage)
    stage.network.ipv6("server", "2001:db8:15::73")
    stage.network.ipv6("ann", "2001:db8:15::42")
    time.sleep(2.5)  # the multicast reports of the new addresses
    with stage.recording():
        tcp_chat(stage, stage.tutorial.chat.at("2001:db8:15::73"))


@scenario
def gateway(stage):
    """A client whose servers are off its subnet: Ann's TCP chat and UDP chat with 198.51.100.7.
    She asks for the router's MAC address and sends everything there."""
    lan(stage)
    stage.network.router(("far", FAR))
    with stage.recording():
        tcp_chat(stage, stage.tutorial.chat.at(FAR), server="far")
        udp_chat(stage, stage.tutorial.udp_chat.at(FAR), "far", ["ann"])


@scenario
def gateway_inward(stage):
    """A client from far away, 198.51.100.7, chats with the server here by TCP and UDP. Its frames
    carry the router's MAC address, and so do the answers to it."""
    lan(stage)
    stage.network.router(("far", FAR))
    with stage.recording():
        tcp_chat(stage, stage.tutorial.chat.at(SERVER), client="far")
        udp_chat(stage, stage.tutorial.udp_chat.at(SERVER), "server", ["far"])


@scenario
def vlan(stage):
    """The TCP chat and the shop inside VLAN 100: every frame, ARP too, carries an 802.1Q tag."""
    for host, ip in (("server", SERVER), ("ann", ANN)):
        stage.network.lan(host, ip, address=False)
        stage.network.vlan(host, ip, 100)
    with stage.recording():
        tcp_chat(stage, stage.tutorial.chat.at(SERVER))
        shop(stage, "ann")


# --- attempts that fail ---------------------------------------------------------------------

@scenario
def refused(stage):
    """Ann's host finds the server's, but nobody listens there: RST."""
    lan(stage)
    with stage.recording():
        client = Program.code(stage.network, "ann", stage.tutorial.chat.at(SERVER).client)
        client.ends(failing_with="ConnectionRefusedError")


@scenario
def unanswered(stage):
    """A firewall on the server drops every SYN: Ann's host tries three times, waiting twice as
    long each time, and gives up."""
    lan(stage)
    stage.network.setting("ann", "ipv4/tcp_syn_linear_timeouts", 0)
    stage.network.setting("ann", "ipv4/tcp_syn_retries", 2)
    stage.network.firewall("server", f"tcp dport {PORT} drop")
    server = Program.code(stage.network, "server", stage.tutorial.chat.server)
    stage.network.wait_listening("server", "tcp")
    with stage.recording():
        client = Program.code(stage.network, "ann", stage.tutorial.chat.at(SERVER).client)
        client.ends(failing_with="TimeoutError")
    server.stops()


@scenario
def unreachable(stage):
    """A firewall on the server answers each SYN by ICMP: administratively prohibited."""
    lan(stage)
    stage.network.firewall("server", f"tcp dport {PORT} reject with icmp admin-prohibited")
    with stage.recording():
        client = Program.code(stage.network, "ann", stage.tutorial.chat.at(SERVER).client)
        client.ends(failing_with="OSError")


@scenario
def host_absent(stage):
    """Nobody has 192.168.15.99: three ARP questions without an answer, and no SYN at all."""
    lan(stage)
    with stage.recording():
        client = Program.code(stage.network, "ann", stage.tutorial.chat.at(ABSENT).client)
        client.ends(failing_with="No route to host")


@scenario
def udp_closed_port(stage):
    """The shop's server answers once and ends. The second question meets a closed port: ICMP port
    unreachable, quoting the question."""
    lan(stage)
    with stage.recording():
        shop(stage, "ann")
        late = Program.code(stage.network, "bob", stage.tutorial.shop.at(SERVER).client)
        time.sleep(0.5)
        late.stops()


@scenario
def synack_lost(stage):
    """The SYN-ACK never reaches Ann (her firewall drops it): she repeats her SYN, and the server
    its SYN-ACK, which nobody acknowledges."""
    lan(stage)
    stage.network.firewall("ann", f"tcp sport {PORT} drop")
    server = Program.code(stage.network, "server", stage.tutorial.chat.server)
    stage.network.wait_listening("server", "tcp")
    with stage.recording():
        client = Program.code(stage.network, "ann", stage.tutorial.chat.at(SERVER).client)
        time.sleep(3.5)
        client.stops()
    server.stops()


@scenario
def handshake_ack_lost(stage):
    """The last ACK of the handshake is lost behind the tap (the server's firewall drops it): Ann
    takes the connection for open and waits to be greeted, the server sends its SYN-ACK again."""
    lan(stage)
    stage.network.firewall("server", f"tcp dport {PORT} tcp flags & (syn|ack) == ack drop")
    server = Program.code(stage.network, "server", stage.tutorial.chat.server)
    stage.network.wait_listening("server", "tcp")
    with stage.recording():
        client = Program.code(stage.network, "ann", stage.tutorial.chat.at(SERVER).client)
        time.sleep(3.5)
        client.stops()
    server.stops()


@scenario
def half_scan(stage):
    """* A port scanner's SYN: the server answers SYN-ACK, so the port is open, and the scanner's
    host breaks off by RST before the handshake is complete."""
    lan(stage)
    server = Program.code(stage.network, "server", stage.tutorial.chat.server)
    stage.network.wait_listening("server", "tcp")
    with stage.recording():
        Program.own(stage.network, "ann", "half_scan", SERVER, PORT, ANN).ends()
    server.stops()


@scenario
def udp_unanswered(stage):
    """* The shop's question reaches a program that never answers: no ICMP, no datagram back."""
    lan(stage)
    with stage.recording():
        deaf = Program.own(stage.network, "server", "deaf", SERVER, PORT)
        stage.network.wait_listening("server", "udp")
        client = Program.code(stage.network, "ann", stage.tutorial.shop.at(SERVER).client)
        time.sleep(0.5)
        client.stops()
    deaf.stops()


# --- ends -----------------------------------------------------------------------------------

@scenario
def reset(stage):
    """The client aborts in the middle of the chat: RST instead of FIN, no goodbye."""
    lan(stage)
    with stage.recording():
        server = tcp_server(stage)
        Program.own(stage.network, "ann", "abort", SERVER, PORT).ends()
        server.type("还在吗？")
        server.ends(failing_with="ConnectionResetError")


@scenario
def gone(stage):
    """The server's host is gone in the middle of the chat (its link goes down): Ann's words are sent
    again and again, and nobody acknowledges them."""
    lan(stage)
    with stage.recording():
        server = tcp_server(stage)
        client = Program.code(stage.network, "ann", stage.tutorial.chat.at(SERVER).client)
        time.sleep(0.3)
        stage.network.ip("server", "link", "set", "eth0", "down")
        client.type("你好，你还在吗？")
        time.sleep(3)
        client.stops()
    server.stops()


@scenario
def half_close(stage):
    """The client says all it has to say and sends FIN at once; the server goes on sending for a
    while before its own FIN."""
    lan(stage)
    with stage.recording():
        server = Program.own(stage.network, "server", "late_talker", SERVER, PORT)
        stage.network.wait_listening("server", "tcp")
        Program.own(stage.network, "ann", "half_close", SERVER, PORT).ends()
        server.ends()


@scenario
def four_segments(stage):
    """A teardown with all four segments apart: FIN, ACK, FIN, ACK. The server takes its time
    between the client's FIN and its own."""
    lan(stage)
    with stage.recording():
        server = Program.own(stage.network, "server", "slow_closer", SERVER, PORT)
        stage.network.wait_listening("server", "tcp")
        Program.own(stage.network, "ann", "say_and_close", SERVER, PORT).ends()
        server.ends()


@scenario
def simultaneous_close(stage):
    """Both ends close before either has heard of it (the wire to Ann is 20 ms long): the two FINs
    cross."""
    lan(stage)
    stage.network.stretch("ann", delay=0.02)
    with stage.recording():
        server = Program.own(stage.network, "server", "close_at", SERVER, PORT, "listen")
        stage.network.wait_listening("server", "tcp")
        client = Program.own(stage.network, "ann", "close_at", SERVER, PORT, "connect")
        server.ends()
        client.ends()
        time.sleep(0.1)


@scenario
def simultaneous_open(stage):
    """Both ends connect to each other at the same moment (the wire to Ann is 20 ms long), and
    neither listens: the two SYNs cross and make one connection."""
    lan(stage)
    stage.network.stretch("ann", delay=0.02)
    with stage.recording():
        start = str(time.time() + 1.0)
        here = Program.own(stage.network, "server", "open_at", start, SERVER, ANN, PORT)
        there = Program.own(stage.network, "ann", "open_at", start, ANN, SERVER, PORT)
        here.ends()
        there.ends()
        time.sleep(0.1)


# --- under way ------------------------------------------------------------------------------

@scenario
def waiting_in_line(stage):
    """The server serves one at a time. While it talks with Ann, Bob and Cy connect: their
    handshakes are complete, but nobody greets them before it is their turn."""
    lan(stage)
    stage.network.lan("cy", "192.168.15.44")
    code = stage.tutorial.chat.at(SERVER).client
    with stage.recording():
        server = tcp_server(stage)
        clients = []
        for host in ("ann", "bob", "cy"):
            clients.append(Program.code(stage.network, host, code))
            time.sleep(0.3)
        for client, name in zip(clients, ("安", "Bob", "Cy")):
            client.type(f"我是{name}")
            server.hears(f"我是{name}")
            server.type(f"{name}，你好")
            client.hears(f"{name}，你好")
            client.type("88")
            client.ends()
    server.stops()


@scenario
def same_words(stage):
    """The same number of messages over TCP and over UDP: four in each, to compare what they took."""
    lan(stage)
    with stage.recording():
        chat = stage.tutorial.chat.at(SERVER)
        server = tcp_server(stage, chat.server)
        client = Program.code(stage.network, "ann", chat.client)
        client.type("在吗？")
        server.hears("在吗？")
        server.type("在的，请讲")
        client.hears("在的，请讲")
        client.type("88")
        client.ends()
        time.sleep(0.1)
        server.stops()
        udp = stage.tutorial.udp_chat.at(SERVER)
        server = Program.code(stage.network, "server", udp.server)
        stage.network.wait_listening("server", "udp")
        client = Program.code(stage.network, "ann", udp.client)
        client.type("taibai")
        for question, answer in (("在吗？", "在的，请讲"), ("88", "再见")):
            client.type(question)
            server.hears(question)
            server.type(answer)
            client.hears(answer)
    client.stops()
    server.stops()


@scenario
def empty_enter(stage):
    """Ann presses Enter on an empty line: nothing is sent, and client and server both wait for three
    seconds. Then she closes the window, without 88."""
    lan(stage)
    with stage.recording():
        server = tcp_server(stage)
        client = Program.code(stage.network, "ann", stage.tutorial.chat.at(SERVER).client)
        client.type("你好")
        server.hears("你好")
        server.type("你好，请讲")
        client.hears("你好，请讲")
        client.type("")
        time.sleep(3)
        client.stops()
        time.sleep(0.2)
        server.stops()


@scenario
def vanished(stage):
    """Ann's cable is pulled out in the middle of the chat: what the server says is sent again and
    again, and nobody answers."""
    lan(stage)
    with stage.recording():
        server = tcp_server(stage)
        client = Program.code(stage.network, "ann", stage.tutorial.chat.at(SERVER).client)
        client.type("在吗？")
        server.hears("在吗？")
        stage.network.ip("ann", "link", "set", "eth0", "down")
        server.type("在的，请讲")
        time.sleep(2)
    client.stops()
    server.stops()


@scenario
def glued_and_cut(stage):
    """A client that does not wait for answers talks to the tutorial's server: what it says while the
    server's person types is read glued together, its 88 too, which then ends nothing. A second client's
    再见 comes in two segments that cut a character in two: the server ends with a UnicodeDecodeError."""
    lan(stage)
    with stage.recording():
        server = tcp_server(stage)
        words = [word.encode().hex() for word in ("你好", "在吗？", "88")]
        client = Program.own(stage.network, "ann", "impatient", SERVER, PORT, *words)
        server.hears("你好")
        time.sleep(0.6)
        server.type("好")
        server.hears("在吗？88")
        client.ends()
        server.stops()
        server = tcp_server(stage)
        cut = "再见".encode()
        client = Program.own(stage.network, "bob", "impatient", SERVER, PORT, cut[:4].hex(),
                             cut[4:].hex())
        server.ends(failing_with="UnicodeDecodeError")
        client.ends()


@scenario
def fragments(stage):
    """A question and an answer of 1200 Chinese characters, 3600 bytes each in one datagram: three
    fragments there, three back."""
    lan(stage)
    with stage.recording():
        server = Program.own(stage.network, "server", "long_answer", SERVER, PORT)
        stage.network.wait_listening("server", "udp")
        Program.own(stage.network, "ann", "long_question", SERVER, PORT).ends()
        server.ends()


@scenario
def fragment_lost(stage):
    """The same question, but its middle fragment is lost on the way to the tap, so the server
    never answers."""
    lan(stage)
    stage.network.lose_before_tap("ann", "ip frag-off & 0x1fff == 185 drop")
    with stage.recording():
        server = Program.own(stage.network, "server", "long_answer", SERVER, PORT)
        stage.network.wait_listening("server", "udp")
        client = Program.own(stage.network, "ann", "long_question", SERVER, PORT)
        time.sleep(0.5)
    client.stops()
    server.stops()


@scenario
def conflict(stage):
    """In the middle of a chat a second host takes the server's address and announces it. Ann's
    next words go to the wrong MAC address, and its owner answers RST."""
    lan(stage)
    stage.network.lan("intruder", "192.168.15.66", address=False)
    with stage.recording():
        server = tcp_server(stage)
        client = Program.code(stage.network, "ann", stage.tutorial.chat.at(SERVER).client)
        client.type("你好")
        server.hears("你好")
        server.type("Hello, this is the real server.")
        client.hears("real server")
        time.sleep(1.3)  # Linux lets nobody change a MAC address that it learnt this second
        stage.network.ip("intruder", "address", "add", f"{SERVER}/24", "dev", "eth0")
        Program.own(stage.network, "intruder", "announce", "eth0", SERVER).ends()
        time.sleep(0.3)
        client.type("你还在吗？")
        client.ends(failing_with="ConnectionResetError")
    server.stops()


@scenario
def zero_window(stage):
    """A receiver that does not read: its window closes, the sender asks again and again whether
    there is room, and goes on when there is."""
    lan(stage)
    with stage.recording():
        server = Program.own(stage.network, "server", "slow_reader", SERVER, PORT)
        stage.network.wait_listening("server", "tcp")
        Program.own(stage.network, "ann", "fast_talker", SERVER, PORT).ends()
        server.ends()


@scenario
def loss_after_tap(stage):
    """The chat with every third packet to the server lost behind the tap: the capture holds the
    lost ones and their retransmissions."""
    lan(stage)
    stage.network.firewall("server", f"tcp dport {PORT} numgen inc mod 3 == 2 drop")
    with stage.recording():
        tcp_chat(stage, stage.tutorial.chat.at(SERVER))
        time.sleep(1.5)


@scenario
def loss_before_tap(stage):
    """A long text with every ninth full segment lost on the way to the tap: holes, duplicate ACKs
    with SACK, and the missing bytes out of order."""
    lan(stage)
    stage.network.lose_before_tap("ann", "tcp flags & (syn|fin) == 0 ip length > 1000"
                                         " numgen inc mod 9 == 4 drop")
    with stage.recording():
        server = Program.own(stage.network, "server", "reader", SERVER, PORT)
        stage.network.wait_listening("server", "tcp")
        Program.own(stage.network, "ann", "fast_talker", SERVER, PORT).ends()
        server.ends()


@scenario
def ping(stage):
    """Ann asks by ICMP echo: twice the server, which answers, and then Bob, who is there but
    ignores it."""
    lan(stage)
    stage.network.setting("bob", "ipv4/icmp_echo_ignore_all", 1)
    with stage.recording():
        for number, ip in enumerate((SERVER, SERVER, BOB), start=1):
            Program.own(stage.network, "ann", "echo", ip, number).ends()


# --- the scenes they share ------------------------------------------------------------------

def lan(stage):
    """The server, Ann and Bob on one subnet."""
    stage.network.lan("server", SERVER)
    stage.network.lan("ann", ANN)
    stage.network.lan("bob", BOB)


def tcp_server(stage, code=None, host="server"):
    """The tutorial's TCP server, ready."""
    server = Program.code(stage.network, host, code or stage.tutorial.chat.server)
    stage.network.wait_listening(host, "tcp")
    return server


def tcp_chat(stage, programs, server="server", client="ann"):
    """Two questions, two answers, and "88"."""
    listening = tcp_server(stage, programs.server, server)
    talking = Program.code(stage.network, client, programs.client)
    for question, answer in (("你好，请问几点关门？", "晚上六点。"),
                             ("Thank you! 谢谢", "You are welcome. 不客气")):
        talking.type(question)
        listening.hears(question)
        listening.type(answer)
        talking.hears(answer)
    talking.type("88")
    talking.ends()
    listening.hears("88")
    time.sleep(0.1)
    listening.stops()


def udp_chat(stage, programs, server, clients):
    """Each client says something in turn, and is answered."""
    listening = Program.code(stage.network, server, programs.server)
    stage.network.wait_listening(server, "udp")
    talking = [Program.code(stage.network, client, programs.client) for client in clients]
    lines = [("在吗？", "在的，请讲"), ("Is Li Bai there?", "No, he is out."),
             ("下午一起喝茶？", "好，三点见"), ("See you later!", "再见")]
    for program, friend in zip(talking, ("taibai", "lihei")):
        program.type(friend)
    for turn, (question, answer) in enumerate(lines):
        program = talking[turn % len(talking)]
        program.type(question)
        listening.hears(question)
        listening.type(answer)
        program.hears(answer)
    for program in talking:
        program.type("Q")
        program.type("Q")
        program.ends()
    listening.stops()


def shop(stage, client):
    """One question, one answer, and both programs end."""
    programs = stage.tutorial.shop.at(SERVER)
    server = Program.code(stage.network, "server", programs.server)
    stage.network.wait_listening("server", "udp")
    Program.code(stage.network, client, programs.client).ends()
    server.ends()
