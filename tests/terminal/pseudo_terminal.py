"""Runs a command in a pseudo-terminal: `pseudo_terminal.py ROWS COLUMNS COMMAND …`.

What the command writes goes to standard output. A line `ROWS COLUMNS` on standard input resizes the terminal, as a
person resizes a window, and the line `^C` types Ctrl-C.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios


def resize(terminal: int, rows: int, columns: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main() -> int:
    rows, columns, *command = sys.argv[1:]
    pid, terminal = pty.fork()
    if pid == 0:
        resize(0, int(rows), int(columns))
        os.execvp(command[0], command)
    wanted = [terminal, 0]
    while True:
        ready, _, _ = select.select(wanted, [], [])
        if 0 in ready:
            text = os.read(0, 1024).decode()
            if not text:
                wanted.remove(0)
            for line in text.split("\n"):
                if line == "^C":
                    os.write(terminal, b"\x03")
                elif line:
                    resize(terminal, *map(int, line.split()))
        if terminal in ready:
            try:
                output = os.read(terminal, 65536)
            except OSError:  # The other side is closed.
                break
            if not output:
                break
            os.write(1, output)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
