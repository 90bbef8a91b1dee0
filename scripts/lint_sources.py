#!/usr/bin/env python3
"""Checks what neither the compiler nor clang-tidy does, in the files given.

1. No braces or brackets in the operand of `co_await`. g++ 12 destroys some temporaries of such an expression
   twice (capturing lambdas, aggregates in braces, braced lists). Name the operand on the line before.
2. A header starts with `#pragma once` before its first include.
3. No file is longer than 600 lines.

Usage: lint_sources.py FILE...       prints file:line: what, exits 1 when there is a finding
       lint_sources.py --self-test   checks the checks
"""
import re
import sys

MAX_LINES = 600
# Comments, raw strings, strings and characters: nothing in them is code. A quote between digits separates them.
NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'""",
    re.DOTALL)


def code_of(text):
    """The text with everything that is not code blanked, so that offsets and lines stay."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def operand(code, start):
    """The code of the operand that starts at `start`: up to the end of its expression."""
    depth = 0
    for end in range(start, len(code)):
        char = code[end]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth < 0:
                return code[start:end]
        elif depth == 0 and char in ";,":
            return code[start:end]
    return code[start:]


def await_findings(code):
    for match in re.finditer(r"(?<!operator )\bco_await\b", code):
        found = re.search(r"[{\[]", operand(code, match.end()))
        if found:
            yield (code.count("\n", 0, match.start()) + 1,
                   f"co_await on an expression with {found.group()!r}: g++ 12 may destroy its temporaries twice; "
                   "name the operand on the line before")


def findings(path, text):
    code = code_of(text)
    yield from await_findings(code)
    if path.endswith(".h") and not re.match(r"\s*#pragma once\b", code):
        yield 1, "expected `#pragma once` before anything but comments"
    lines = text.count("\n")
    if lines > MAX_LINES:
        yield lines, f"{lines} lines, expected at most {MAX_LINES}: split it by idea"


def self_test():
    bad = ["co_await Run([&] { return 1; });", "auto x = co_await Send(Request{.n = 1});",
           "if (co_await Next({1, 2})) return;", "co_await\n    Wait(\n        {5});",
           "Use(co_await tasks[0]);", "const int n = 1'000; co_await Run({n});"]
    good = ["co_await trace;", "if (co_await traces.Next()) { Add(); }", "Use(co_await First(), Pair{1, 2});",
            "// co_await Run({1});", 'Log("co_await {");', "for (auto& t : co_await All()) { Add(t); }",
            "while (auto t = co_await traces.Next()) { Add([] {}); }", "const int n = 1'000; /* co_await {} */ char c = '{';",
            "auto operator co_await() { return Awaiter{}; }"]
    for code in bad:
        assert list(findings("a.cc", code)), f"no finding in: {code}"
    for code in good:
        assert not list(findings("a.cc", code)), f"a finding in: {code}"
    assert list(findings("a.h", "#include <map>\n")) and not list(findings("a.h", "// For x.\n#pragma once\n"))
    assert list(findings("a.cc", "\n" * 601)) and not list(findings("a.cc", "\n" * 600))


def main(arguments):
    if arguments == ["--self-test"]:
        self_test()
        return 0
    found = 0
    for path in arguments:
        with open(path, encoding="utf-8") as file:
            for line, what in findings(path, file.read()):
                print(f"{path}:{line}: {what}")
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
