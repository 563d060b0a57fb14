"""The job that tells of public products of predictors, and how to get them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar

from wco2_engine.errors import Wco2Error
from wco2_engine.jobs.base import Facts
from wco2_engine.progress import Progress
from wco2_engine.schema import option

WHAT = ("list", "show", "request")


@dataclass(frozen=True)
class ProductsJob:
    """All products, what is known of one, or a script that downloads it.

    Nothing is downloaded here. `years`, `extent` (west, south, east, north in degrees) and
    `variables` are those of a request.
    """

    verb: ClassVar[str] = "products"
    what: str = option(
        "list, show or request.", "list", choices=WHAT, argument="[list|show|request]"
    )
    product: str | None = option("Id of a product.", None, argument="[ID]")
    years: str = option("Of a request.", "1982-2022")
    extent: list[float] | None = option(
        "Of a request: west south east north, degrees.",
        None,
        items=("west", "south", "east", "north"),
    )
    variables: list[str] = option("Of a request; may be repeated.", [], flag="variable")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.products.reading import all_products, product_of
        from wco2_engine.products.request import request

        if self.what == "list":
            rows = [
                {
                    "id": product.id,
                    "title": product.title,
                    "years": product.years,
                    "step": product.step,
                    "groups": sorted({v.group for v in product.variables}),
                    "login": product.access.login,
                    "checked": product.checked,
                }
                for product in all_products()
            ]
            return {"what": "list", "products": rows}
        if self.product is None:
            raise Wco2Error("No product is named.", "wco2 products lists them.")
        if self.what == "show":
            return {"what": "show", "product": asdict(product_of(self.product))}
        script = request(self.product, self.years, self.extent, self.variables)
        return {"what": "request", "product": self.product, "script": script}
