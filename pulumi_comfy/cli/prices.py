"""`pulumi-comfy prices`: what each platform's machines cost, since when that is known, and what it limits."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from pulumi_comfy.configuration import PLATFORMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_comfy.core.costs.prices import PriceList
    from pulumi_comfy.core.platform import Platform

FILE = "comfy-prices.json"

price_file_option = click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="COMFY_PRICES",
    default=FILE,
    show_default=True,
    help="Prices that win over the package's own, where it exists.",
)


@click.command(short_help="What each platform's machines cost, and since when that is known.")
@click.option("--refresh", is_flag=True, help="Ask the platforms that have a price list, and write FILE.")
@price_file_option
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of text.")
def prices(refresh: bool, file: Path, as_json: bool) -> None:
    """Print the prices that previews and policies go by, each with its source and its day.

    With --refresh a platform's own price list is asked (ComfyDeploy has one; it needs no key) and FILE is written.
    Commit it and set comfy:prices to its path, so that the whole team goes by the same numbers.
    """
    from pulumi_comfy.core.plain_text import plain
    from pulumi_comfy.core.platform import all_platforms

    lists = read_file(file, is_needed=is_named() and not refresh)
    if refresh:
        lists = {**lists, **_asked()}
        _write(file, lists)
    platforms = [(one, prices_of(one, lists)) for one in all_platforms()]
    if as_json:
        click.echo(json.dumps({"platforms": [_row(*one) for one in platforms]}, indent=2))
        return
    for platform, found in platforms:
        click.echo(plain("\n".join(_lines(platform, found))))
    if refresh:
        click.echo(f"\nWrote {file}. Commit it, and `pulumi config set comfy:prices {file}`.")


def is_named() -> bool:
    """Tell whether somebody named the file, by the option or by COMFY_PRICES."""
    return click.get_current_context().get_parameter_source("file") is not ParameterSource.DEFAULT


def read_file(file: Path, *, is_needed: bool) -> dict[str, PriceList]:
    """Read the team's prices.

    Args:
        file: theirs.
        is_needed: whether it has to be there; otherwise there are no prices where it is not.

    Raises:
        ClickException: it is no file of prices, or of no platform.
    """
    from pulumi_comfy.core.costs.prices import read_price_file
    from pulumi_comfy.core.errors import ComfyError

    try:
        lists = read_price_file(file) if is_needed or file.exists() else {}
    except ComfyError as error:
        raise click.ClickException(str(error)) from None
    if unknown := sorted(set(lists) - set(PLATFORMS)):
        raise click.ClickException(f"{file}: there is no platform {unknown[0]!r}; platforms: {', '.join(PLATFORMS)}")
    return lists


def prices_of(platform: Platform[Any], lists: dict[str, PriceList]) -> PriceList:
    """Give a platform's prices: its own, and over them the team's."""
    return platform.prices.overlaid(lists[platform.key]) if platform.key in lists else platform.prices


def _asked() -> dict[str, PriceList]:
    from pulumi_comfy.core.errors import ComfyError
    from pulumi_comfy.core.platform import all_platforms

    try:
        return {one.key: asyncio.run(_ask(one)) for one in all_platforms() if one.ask_prices}
    except ComfyError as error:
        raise click.ClickException(str(error)) from None


async def _ask(platform: Platform[Any]) -> PriceList:
    """Ask a platform's price list, which needs no key; no second try, a person is waiting."""
    from pulumi_comfy.core.connection import check_url
    from pulumi_comfy.core.errors import OutcomeError
    from pulumi_comfy.core.http.client import HttpClient
    from pulumi_comfy.core.http.retrying import RetryPolicy

    assert platform.ask_prices is not None
    url = check_url(platform, platform.settings.url.value(dict[str, str]()) or "")
    once = RetryPolicy(attempts=1)
    client = HttpClient(platform=platform.name, base_url=url, key=None, dialect=platform.dialect, retry=once)
    async with client:
        found = await platform.ask_prices(platform.client(client))
    amounts = [price.usd_per_hour for price in found.rows.values()]
    if not amounts or not all(amount.is_finite() and amount >= 0 for amount in amounts):
        got = "it told none" if not amounts else "it told one that is no amount of money"
        raise OutcomeError("COMFY2003", tried=f"ask {platform.name} for its prices", got=got)
    return found


def _write(file: Path, lists: dict[str, PriceList]) -> None:
    from pulumi_comfy.core.costs.prices import price_file

    try:
        file.write_text(price_file(lists), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None


def _row(platform: Platform[Any], found: PriceList) -> dict[str, Any]:
    today = date.today()
    return {
        "platform": platform.key,
        "prices": [
            {
                "gpu": gpu,
                "usdPerHour": float(price.usd_per_hour),
                "source": price.source,
                "dated": price.dated and str(price.dated),
                "isOld": price.is_old(today),
            }
            for gpu, price in found.rows.items()
        ],
        "limits": [
            {"what": one.what, "most": one.most, "source": one.source, "dated": one.dated and str(one.dated)}
            for one in platform.limits
        ],
    }


def _lines(platform: Platform[Any], found: PriceList) -> Iterator[str]:
    from pulumi_comfy.core.costs.cost import dollars

    today, said = date.today(), ""
    yield f"{platform.name}" if found.rows else f"{platform.name}: no price known"
    for gpu, price in found.rows.items():
        words = f"{price.words(today)}, {price.source}"
        yield f"  {gpu:<12} {dollars(price.usd_per_hour):>6} USD/h" + ("" if words == said else f"   {words}")
        said = words
    for one in platform.limits:
        yield f"  limit: {one.what}: {one.most} ({one.source}{f', {one.dated}' if one.dated else ''})"
    if any(price.is_old(today) for price in found.rows.values()):
        asks = "`pulumi-comfy prices --refresh` asks for newer ones" if platform.ask_prices else "look them up"
        yield f"  These prices may no longer be true: {asks}."
