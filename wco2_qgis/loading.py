"""Layers that are loaded once an algorithm is done: named, styled and where one looks for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from qgis.core import (
    QgsLayerTreeGroup,
    QgsLayerTreeLayer,
    QgsLayerTreeNode,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsProcessingUtils,
    QgsProject,
)

_KEPT: deque[QgsProcessingLayerPostProcessorInterface] = deque(maxlen=500)
_RANK = "wco2/rank"
RASTER = QgsProcessingUtils.LayerHint.Raster
VECTOR = QgsProcessingUtils.LayerHint.Vector


@dataclass(frozen=True)
class Group:
    """A group of the layer tree; one of a higher rank lies above."""

    name: str
    rank: int = 0
    is_shown: bool = True


@dataclass(frozen=True)
class Loaded:
    """A layer to be loaded: how it is called, styled and placed; no group: at the top."""

    path: str
    name: str
    style: Callable[[QgsMapLayer, QgsProject], None]
    hint: QgsProcessingUtils.LayerHint = RASTER
    group: Group | None = None
    is_expanded: bool = True


def load(layer: Loaded, context: QgsProcessingContext) -> None:
    """Have a layer loaded when the algorithm is done."""
    if context.project() is None:
        return
    details = QgsProcessingContext.LayerDetails(
        layer.name, context.project(), layer.name, layer.hint
    )
    finish = _Finish(layer)
    _KEPT.append(finish)  # QGIS keeps no reference, and a lost one loses its override
    details.setPostProcessor(finish)
    context.addLayerToLoadOnCompletion(layer.path, details)


class _Finish(QgsProcessingLayerPostProcessorInterface):
    """Styles and places a layer once it is loaded, on the main thread."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__()
        self._loaded = loaded

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        layer.setName(self._loaded.name)
        self._loaded.style(layer, context.project())
        layer.triggerRepaint()
        root = context.project().layerTreeRoot()
        node = root.findLayer(layer.id())
        if node is None:
            return
        if self._loaded.group is not None:
            node = _moved(node, _group(root, self._loaded.group))
        _expand(node, self._loaded.is_expanded)
        for group in root.children():  # QGIS opens a group when one of its layers gets active
            if group.customProperty(_RANK) is not None:
                _expand(group, group.itemVisibilityChecked())


def _expand(node: QgsLayerTreeNode, is_expanded: bool) -> None:
    """Open or close a node of the tree, which shows only what changes."""
    node.setExpanded(not is_expanded)
    node.setExpanded(is_expanded)


def _moved(node: QgsLayerTreeLayer, group: QgsLayerTreeGroup) -> QgsLayerTreeLayer:
    """The node's copy on top of a group; the node itself goes."""
    copy = node.clone()
    group.insertChildNode(0, copy)
    node.parent().removeChildNode(node)
    return copy


def _group(root: QgsLayerTreeGroup, wanted: Group) -> QgsLayerTreeGroup:
    """The group of that name; a new one lies below those of a higher rank at the top."""
    found = root.findGroup(wanted.name)
    if found is not None:
        return found
    ranks = [int(child.customProperty(_RANK, -1)) for child in root.children()]
    above = max((k + 1 for k, rank in enumerate(ranks) if rank > wanted.rank), default=0)
    made = root.insertGroup(above, wanted.name)
    made.setCustomProperty(_RANK, wanted.rank)
    made.setItemVisibilityChecked(wanted.is_shown)
    return made
