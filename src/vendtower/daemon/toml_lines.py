"""On which line of a TOML text each key stands; tomllib itself does not say.

The text has passed tomllib already, so this scanner follows the syntax without judging it.
"""

from bisect import bisect_right
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]

_BLANK = " \t\r"
_BARE_END = ",]}#\n"


def locate_keys(text: str) -> Mapping[KeyPath, int]:
    """The line, counted from 1, of every table, key and list element of a valid TOML text."""
    return _Scanner(text).scan()


def nearest_line(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """The line of this key, or of the table around it when the key is not there."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Scanner:
    """Walks the text once and notes where keys begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self.rows: dict[KeyPath, int] = {}
        """How many tables each array of tables has so far."""
        self.starts = [0] + [at + 1 for at, char in enumerate(text) if char == "\n"]

    def scan(self) -> Mapping[KeyPath, int]:
        table: KeyPath = ()
        self._skip_to_content()
        while self.at < len(self.text):
            table = self._statement(table)
            self._skip_to_content()
        return self.lines

    def _statement(self, table: KeyPath) -> KeyPath:
        """Read one header or one key with its value; the table that holds from here on."""
        if not self._looking_at("["):
            self._key_and_value(table)
            return table
        start = self.at
        many = self._looking_at("[[")
        self.at += 2 if many else 1
        table = self._table_path(self._key(), many=many)
        self._note(table, start)
        self.at += 2 if many else 1
        return table

    def _table_path(self, keys: tuple[str, ...], *, many: bool) -> KeyPath:
        """The path of a header; inside an array of tables it means the last one."""
        path: KeyPath = ()
        for key in keys[:-1]:
            path = (*path, key)
            if path in self.rows:
                path = (*path, self.rows[path] - 1)
        path = (*path, keys[-1])
        if many:
            self.rows[path] = self.rows.get(path, 0) + 1
            return (*path, self.rows[path] - 1)
        return path

    def _key_and_value(self, table: KeyPath) -> None:
        start = self.at
        path = table
        for key in self._key():
            path = (*path, key)
            self._note(path, start)
        self.at += 1  # the equals sign
        self._skip_blank()
        self._value(path)

    def _key(self) -> tuple[str, ...]:
        """Read a key with its dots, up to the sign after it."""
        keys: list[str] = []
        while True:
            self._skip_blank()
            keys.append(self._key_part())
            self._skip_blank()
            if not self._looking_at("."):
                return tuple(keys)
            self.at += 1

    def _key_part(self) -> str:
        start = self.at
        if self.text[start] in "\"'":
            self._string()
            return self.text[start + 1 : self.at - 1]
        while self.text[self.at].isalnum() or self.text[self.at] in "_-":
            self.at += 1
        return self.text[start : self.at]

    def _value(self, path: KeyPath) -> None:
        char = self.text[self.at]
        if char in "\"'":
            self._string()
        elif char == "[":
            self._array(path)
        elif char == "{":
            self._inline_table(path)
        else:
            while self.at < len(self.text) and self.text[self.at] not in _BARE_END:
                self.at += 1

    def _array(self, path: KeyPath) -> None:
        self.at += 1
        index = 0
        self._skip_to_content()
        while not self._looking_at("]"):
            self._note((*path, index), self.at)
            self._value((*path, index))
            index += 1
            self._skip_comma()
        self.at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self.at += 1
        self._skip_to_content()
        while not self._looking_at("}"):
            self._key_and_value(path)
            self._skip_comma()
        self.at += 1

    def _skip_comma(self) -> None:
        self._skip_to_content()
        if self._looking_at(","):
            self.at += 1
            self._skip_to_content()

    def _string(self) -> None:
        """Step over a string of any of the four kinds."""
        quote = self.text[self.at]
        fence = quote * 3 if self._looking_at(quote * 3) else quote
        self.at += len(fence)
        while not self._looking_at(fence):
            self.at += 2 if quote == '"' and self._looking_at("\\") else 1
        self.at += len(fence)
        # A multi-line string may end in one or two quotes of its own before the fence.
        while len(fence) > 1 and self._looking_at(quote):
            self.at += 1

    def _skip_blank(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in _BLANK:
            self.at += 1

    def _skip_to_content(self) -> None:
        """Step over blanks, line ends and comments."""
        while self.at < len(self.text):
            if self._looking_at("#"):
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at] in _BLANK or self._looking_at("\n"):
                self.at += 1
            else:
                return

    def _looking_at(self, what: str) -> bool:
        return self.text.startswith(what, self.at)

    def _note(self, path: KeyPath, at: int) -> None:
        self.lines.setdefault(path, bisect_right(self.starts, at))
