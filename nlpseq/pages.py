"""What all HTML pages share: one file that asks for nothing, colours by day and by night."""

import html
import re
from collections.abc import Mapping

#: variable → its colour by day and by night; letters of any of them are readable on paper
COLOURS = {
    "paper": ("#ffffff", "#15171b"),
    "ink": ("#1a1a1a", "#f4f5f7"),
    "faint": ("#5c5f66", "#a3a8b0"),
    "line": ("#c9ccd1", "#3c4149"),
    "raised": ("#f4f5f7", "#22252b"),
    "accent": ("#1d5fa8", "#7db4f5"),
}
_PLACE = re.compile(r"\{\{(\w+)\}\}")
# What HTML has no sign for: controls, and half a surrogate pair, as JSON writes it.
_NO_SIGN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def escape(text: str) -> str:
    """``text`` as it may stand between tags and in a quoted attribute."""
    return html.escape(_NO_SIGN.sub("\ufffd", text))


def fill(template: str, values: Mapping[str, str]) -> str:
    """``template`` with each ``{{name}}`` replaced by its value, which is HTML already.

    In one pass: what stands in a value is never taken for a place to fill.
    """
    return _PLACE.sub(lambda match: values[match.group(1)], template)


def head(
    title: str, *, lang: str = "", script: bool = False, day: str = "", night: str = ""
) -> str:
    """The page from its start to the first style sheet; a second one may follow.

    The browser is forbidden to load anything, from the network or from the disk.

    :param lang: of the page's own words, such as en; empty where they are a stranger's
    :param script: whether a script of the page itself may run
    :param day: rules to add to the style sheet
    :param night: rules that hold instead on a dark screen; paper is white whatever the screen is
    """
    scripts = "script-src 'unsafe-inline'; " if script else ""
    language = f' lang="{escape(lang)}"' if lang else ""
    return f"""<!DOCTYPE html>
<html{language}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; {scripts}style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>
:root {{
  color-scheme: light dark; {_variables(0)}
}}
{day}
@media screen and (prefers-color-scheme: dark) {{
:root {{ {_variables(1)} }}
{night}
}}
* {{ box-sizing: border-box; }}
body {{
  background: var(--paper); color: var(--ink);
  font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
}}
</style>"""


def _variables(side: int) -> str:
    return " ".join(f"--{name}: {colours[side]};" for name, colours in COLOURS.items())
