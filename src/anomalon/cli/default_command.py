"""`DefaultCommand`: a group of commands one of which needs no name."""

from typing import Any

import click

__all__ = ["DefaultCommand"]


class DefaultCommand(click.Group):
    """What does not begin with the name of a command is for the default one.

    Its help is that of the group, with the options of the default command.

    Args:
        default: Name of the command.
    """

    def __init__(self, *args: Any, default: str, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the default command where there is none."""
        own = {*self.commands, *self.get_help_option_names(ctx)}
        if args and args[0] not in own:
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """As the default command is called, and then as the others are."""
        default = self.commands[self.default].collect_usage_pieces(ctx)
        others = "|".join(name for name in self.commands if name != self.default)
        return [*default, f"\n  or: {ctx.command_path} {others} ..."]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options of the default command, and the other commands."""
        command = self.commands[self.default]
        records = [r for p in command.get_params(ctx) if (r := p.get_help_record(ctx)) is not None]
        with formatter.section(f"Options of `{self.default}`"):
            formatter.write_dl(records)
        self.format_commands(ctx, formatter)
