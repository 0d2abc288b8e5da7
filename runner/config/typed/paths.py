"""JMESPaths of a file: placeholders stand within their quotes, so that no value can change what is asked."""

from runner.config.typed.cursor import Cursor
from runner.language.value import Template


def read_path(at: Cursor) -> str | Template:
    """Read a path, which is a plain text where it has no placeholder."""
    template = at.template()
    check_path(at, template, at_key=False)
    return template if template.references else str(template)


def check_path(at: Cursor, template: Template, *, at_key: bool) -> None:
    """Check a path with its placeholders as plain words, and that they stand within quotes."""
    quotes = 0
    for part in template.parts:
        if isinstance(part, str):
            quotes += part.count('"') + part.count("'")
        elif quotes % 2 == 0:
            hint = f'write "{part}"'
            at.report("E402", f"{part} must stand within quotes in a path", hint, at_key=at_key)
            return
    expression = "".join(part if isinstance(part, str) else "x" for part in template.parts)
    at.check_path(expression, at_key=at_key)
