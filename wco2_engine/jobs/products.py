"""The job that tells of public products of predictors, and how to get them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import ClassVar

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.jobs.base import Facts
from wco2_engine.progress import Progress

WHAT = ("list", "show", "request")


@dataclass(frozen=True)
class ProductsJob:
    """All products, what is known of one, or a script that downloads it.

    Nothing is downloaded here. `years`, `extent` (west, south, east, north in degrees) and
    `variables` are those of a request.
    """

    verb: ClassVar[str] = "products"
    what: str = "list"
    product: str | None = None
    years: str = "1982-2022"
    extent: list[float] | None = None
    variables: list[str] = field(default_factory=list)

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.products.reading import all_products, product_of
        from wco2_engine.products.request import request

        if self.what not in WHAT:
            raise Wco2Error(f"Unknown '{self.what}'.", nearest_name(self.what, WHAT))
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
