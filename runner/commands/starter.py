"""The kinds of file that ``enlist init`` begins with, apart from it: the command line needs them always."""

STDOUT = "-"
DEFAULT_FILE = "enlist.yaml"


class _Kinds(tuple[str, ...]):
    """The kinds, for argparse: also a file's name may stand where a kind is expected, but no misspelt kind."""

    __slots__ = ()

    def __contains__(self, word: object) -> bool:
        return super().__contains__(word) or is_file(str(word))


def is_file(word: str) -> bool:
    """Tell a file from a kind."""
    return word == STDOUT or word.endswith((".yaml", ".yml"))


KINDS = _Kinds(("minimal", "rivet", "consul", "etcd", "kafka-connect"))
