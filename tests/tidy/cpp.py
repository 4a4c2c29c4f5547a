# SPDX-License-Identifier: Apache-2.0
"""Just enough of C++ to measure it: texts without comments and strings, and where functions end."""

import re

_LEXEME = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<fence>[^(\s]*)\(.*?\)(?P=fence)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'", re.S)
_TYPE = re.compile(r"\b(namespace|class|struct|union|enum)\b[^()]*$|extern \"\"\s*$")
_CONTROL = re.compile(r"^\s*(else\b|do\b|try\b|(if|for|while|switch|catch)\s*(constexpr\s*)?\()")


def bare(text):
    """The text with comments and the insides of literals taken out, line ends kept."""
    def blank(match):
        lexeme = match.group()
        ends = "\n" * lexeme.count("\n")
        return ends if lexeme.startswith("/") else '""' + ends
    return _LEXEME.sub(blank, text)


def functions(text):
    """(first line, number of lines) of each outermost function body with its head, about."""
    text = bare(text)
    found, stack, head_start = [], [], 0
    for at, c in enumerate(text):
        if c == "{":
            head = text[head_start:at]
            # `member_{…}` in a constructor's list is no body: the formatter puts a space before one.
            if re.search(r"[\w>]$", head) and not _TYPE.search(head):
                stack.append(("value", at))
                continue
            inside = any(kind == "function" for kind, _ in stack)
            is_function = (not inside and ")" in head and not _TYPE.search(head)
                           and not head.rstrip().endswith(("=", ",", "(")) and not _CONTROL.match(head))
            begin = head_start + len(head) - len(head.lstrip())
            stack.append(("function" if is_function else "block", begin))
            head_start = at + 1
        elif c == "}" and stack:
            kind, begin = stack.pop()
            if kind == "function":
                first = text.count("\n", 0, begin) + 1
                found.append((first, text.count("\n", begin, at) + 1))
            if kind != "value":
                head_start = at + 1
        elif c == ";" and not any(kind == "value" for kind, _ in stack[-1:]):
            head_start = at + 1
    return found
