"""``nlpseq completion``: what makes a shell complete nlpseq's words, and the words that it gets.

A completion is waited for: nothing here may load torch, or pydantic.
"""

import json
import os
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

from nlpseq.cli import verb

Items = list[CompletionItem[str]]


@click.command(cls=verb.Verb, short_help="Print what makes a shell complete nlpseq's words.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print a script for SHELL: verbs, options, pipelines, options of stages, files.

    \b
    Examples:
      eval "$(nlpseq completion bash)"                      in ~/.bashrc
      eval "$(nlpseq completion zsh)"                       in ~/.zshrc, after compinit
      nlpseq completion fish > ~/.config/fish/completions/nlpseq.fish
    """
    script = _SHELLS[shell](ctx.find_root().command, {}, "nlpseq", "_NLPSEQ_COMPLETE")
    click.echo(script.source())


def register() -> None:
    """Let click answer the shells with what stands here."""
    for shell in _SHELLS.values():
        add_completion_class(shell)


def sources(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Pipelines that come with nlpseq, and files."""
    from nlpseq.pipelines import shipped

    names = [name for name in shipped.names() if name.startswith(incomplete)]
    items = [CompletionItem(name, help="comes with nlpseq") for name in names]
    return [*items, CompletionItem(incomplete, type="file")]


def tasks(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Tasks of ``nlpseq init``."""
    from nlpseq.pipelines.template import TASKS

    return [
        CompletionItem(name, help=task.what)
        for name, task in TASKS.items()
        if name.startswith(incomplete)
    ]


def assignments(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """What ``-s`` can set in the pipeline that is named before it: ``STAGE.KEY=VALUE``."""
    from nlpseq.errors import NlpseqError
    from nlpseq.pipelines import schema

    # click has not told arguments and options apart yet, where -s has no value before it
    source = ctx.params.get("source") or next(iter(ctx.args), None)
    try:
        known = json.loads(schema.file().read_text(encoding="utf-8"))
        level: schema.Schema | None = _of_the_file(source, known) | known["properties"]
    except (NlpseqError, OSError, ValueError):
        return []  # a shell has no place for an error; the run will tell it
    name, equals, _ = incomplete.partition("=")
    *above, last = name.split(".")
    for part in above:
        level = schema.nested(known, (level or {}).get(part, {}))
    items = []
    for option, found in (level or {}).items():
        path = ".".join([*above, option])
        if not equals:
            ending = "=" if schema.nested(known, found) is None else "."
            items.append(CompletionItem(f"{path}{ending}", help=found.get("description")))
        elif option == last:
            items += [CompletionItem(f"{path}={word}") for word in schema.choices(found)]
    return [item for item in items if item.value.startswith(incomplete)]


def _of_the_file(source: str | None, known: dict[str, Any]) -> dict[str, Any]:
    """The name of each stage of a pipeline → its kind's schema, and its variables, where it has
    some; all kinds without a pipeline.
    """
    from nlpseq.pipelines import configuration, shipped

    kinds: dict[str, Any] = known["properties"].pop("stages")["items"]["properties"]
    variables = known["properties"].pop(configuration.VARIABLES)
    if source is None:
        return kinds
    found = {}
    values = configuration.read(shipped.find(source)).values
    entries, declared = values.get("stages"), values.get(configuration.VARIABLES)
    for entry in entries if isinstance(entries, list) else ():
        kind = next(iter(entry), None) if isinstance(entry, dict) else None
        if kind in kinds:
            options = entry[kind]
            name = options.get("as") if isinstance(options, dict) else None
            found[str(name or kind)] = kinds[kind]
    if isinstance(declared, dict) and declared:
        known["$defs"]["variables"] = {
            "properties": dict.fromkeys(declared, variables["additionalProperties"])
        }
        found[configuration.VARIABLES] = {"$ref": "#/$defs/variables"}
    return found


class _OrFiles(ShellComplete):
    """Files where nothing else is known."""

    def get_completions(self, args: list[str], incomplete: str) -> Items:
        """What click finds, or files."""
        found = super().get_completions(args, incomplete)
        if found or incomplete.startswith("-"):
            return found
        return [CompletionItem(incomplete, type="file")]


class _Bash(_OrFiles, BashComplete):
    """Bash takes ``stage.key=value`` for three words, and replaces the last of them alone."""

    source_template = """\
%(complete_func)s() {
    local IFS=$'\\n' response completion type value
    response=$(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \
%(complete_var)s=bash_complete $1)
    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"
        if [[ $type == plain ]]; then
            COMPREPLY+=("$value")
            [[ $value == *[.=] ]] && compopt -o nospace
        else
            compopt -o filenames
            COMPREPLY+=($(compgen -f -- "$value"))
        fi
    done
    return 0
}
complete -o nosort -o default -F %(complete_func)s %(prog_name)s
"""
    _kept = ""  #: of the word that is completed: what bash does not replace

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before, and the one that is completed, each in one piece."""
        at = int(os.environ["COMP_CWORD"])
        given = split_arg_string(os.environ["COMP_WORDS"])[1 : at + 1]
        given += [""] * (at - len(given))
        words: list[str] = []
        for i, word in enumerate(given):
            if words and (word == "=" or (word and given[i - 1] == "=")):
                words[-1] += word
            else:
                words.append(word)
        *before, incomplete = words
        self._kept = incomplete[: incomplete.rfind("=") + 1]
        return before, incomplete

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Type and word, as the script reads them."""
        return f"{item.type},{item.value.removeprefix(self._kept)}"


class _Zsh(_OrFiles, ZshComplete):
    """Without a blank behind what goes on."""

    source_template = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a words_only described open open_described response
    local type key descr
    (( ! $+commands[%(prog_name)s] )) && return 1
    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \
%(complete_var)s=zsh_complete %(prog_name)s)}")
    for type key descr in ${response}; do
        if [[ $type != plain ]]; then
            [[ $PREFIX == *=* ]] && compset -P '*='
            _path_files -f
        elif [[ $descr == _ && $key == *[.=] ]]; then
            open+=("$key")
        elif [[ $descr == _ ]]; then
            words_only+=("$key")
        elif [[ $key == *[.=] ]]; then
            open_described+=("$key:$descr")
        else
            described+=("$key:$descr")
        fi
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#open_described )) && _describe -V unsorted open_described -U -S ''
    (( $#words_only )) && compadd -U -V unsorted -a words_only
    (( $#open )) && compadd -U -S '' -V unsorted -a open
    return 0
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""


class _Fish(_OrFiles, FishComplete):
    """With commas in what is told of a word, and files behind ``stage.key=``."""

    source_template = """\
function %(complete_func)s
    set -l response (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) \
COMP_CWORD=(commandline -t) %(prog_name)s)
    for completion in $response
        set -l item (string split -m 1 "," -- $completion)
        if test $item[1] = plain
            echo $item[2]
        else
            set -l kept (string match -r '^.*=' -- $item[2])
            __fish_complete_path (string replace -r '^.*=' '' -- $item[2]) | \
string replace -r '^' "$kept"
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


_SHELLS: dict[str, type[ShellComplete]] = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}
