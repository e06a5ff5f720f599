"""A program with a keyboard: a person at a chat program, played by the script."""

import subprocess
import threading
import time
from pathlib import Path

from network import NetworkError

PROGRAMS = Path(__file__).with_name("programs")
THINKING = 0.2


class Program:
    """A running program whose prompts are answered and whose words are checked."""

    def __init__(self, network, host, *arguments):
        self.network = network
        self.process = network.python(host, *arguments, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.output = ""
        self._typed_at = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @classmethod
    def code(cls, network, host, code):
        """Runs a program given as text."""
        return cls(network, host, "-c", code)

    @classmethod
    def own(cls, network, host, name, *arguments):
        """Runs one of the script's own small programs."""
        return cls(network, host, PROGRAMS / f"{name}.py", *arguments)

    def type(self, line):
        """Waits for the prompt, thinks, and types a line."""
        self.network.wait_until(self._prompts, f"a prompt; so far: {self.output!r}")
        time.sleep(THINKING)
        self._typed_at = len(self.output)
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def hears(self, text):
        """Waits until the program has printed a text."""
        self.network.wait_until(lambda: text in self.output, f"{text!r}; so far: {self.output!r}")

    def ends(self, failing_with=None, seconds=15):
        """Waits for the end: a good one, or the Python error named."""
        self.network.wait_until(lambda: self.process.poll() is not None,
                                f"a program's end; it said: {self.output!r}", seconds)
        self._reader.join(timeout=1)
        if failing_with and failing_with not in self.output:
            raise NetworkError(f"no {failing_with} in what a program said: {self.output!r}")
        if not failing_with and self.process.returncode != 0:
            raise NetworkError(f"a program failed: {self.output!r}")

    def stops(self):
        """Ends the program from outside, as a person closes the window."""
        self.process.kill()
        self.process.wait()

    def _prompts(self):
        return len(self.output) > self._typed_at and self.output.endswith(": ")

    def _read(self):
        raw = b""
        while chunk := self.process.stdout.read1(4096):
            raw += chunk
            self.output = raw.decode(errors="ignore")
