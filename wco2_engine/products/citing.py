"""What the products behind predictors ask to be cited and written, as plain values for a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wco2_engine.products.product import Citation
from wco2_engine.products.reading import product_of


def asked_by(product_ids: Iterable[str]) -> list[dict[str, Any]]:
    """What each product asks for, once a product.

    Raises
    ------
    Wco2Error : for an id that no product has.
    """
    found = []
    for product in map(product_of, dict.fromkeys(filter(None, product_ids))):
        found.append(
            {
                "id": product.id,
                "title": product.title,
                "version": product.version,
                "cite": [cited(citation) for citation in product.cite],
                "licence": product.licence.name,
                "attribution": product.licence.attribution,
            }
        )
    return found


def cited(citation: Citation) -> str:
    """A citation with its DOI as an address."""
    return f"{citation.text} https://doi.org/{citation.doi}" if citation.doi else citation.text


def products_in(provenance: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a model keeps of the products that its predictors come from."""
    return list(provenance.get("products") or [])
