"""The algorithms: parameters in, a job out, its facts turned into outputs."""

from __future__ import annotations

from wco2_qgis.algorithms.base import Algorithm
from wco2_qgis.algorithms.buildcatalogue import BuildCatalogue
from wco2_qgis.algorithms.checkenvironment import CheckEnvironment
from wco2_qgis.algorithms.checkstudy import CheckStudy
from wco2_qgis.algorithms.comparemaps import CompareMaps
from wco2_qgis.algorithms.createsamplestudy import CreateSampleStudy
from wco2_qgis.algorithms.describemodel import DescribeModel
from wco2_qgis.algorithms.figure import Figure
from wco2_qgis.algorithms.fluxtrend import FluxTrend
from wco2_qgis.algorithms.mapfromlayers import MapFromLayers
from wco2_qgis.algorithms.nextsites import NextSites
from wco2_qgis.algorithms.predictwinterflux import PredictWinterFlux
from wco2_qgis.algorithms.prepareobservations import PrepareObservations
from wco2_qgis.algorithms.preparepredictors import PreparePredictors
from wco2_qgis.algorithms.publishdataset import PublishDataset
from wco2_qgis.algorithms.runstudy import RunStudy
from wco2_qgis.algorithms.samplepredictors import SamplePredictors
from wco2_qgis.algorithms.selectpredictors import SelectPredictors
from wco2_qgis.algorithms.setupengine import SetUpEngine
from wco2_qgis.algorithms.trainmodel import TrainModel
from wco2_qgis.algorithms.validatemodel import ValidateModel
from wco2_qgis.algorithms.zonalbudget import ZonalBudget

ALGORITHMS: tuple[type[Algorithm], ...] = (
    PrepareObservations,
    BuildCatalogue,
    PreparePredictors,
    SamplePredictors,
    SelectPredictors,
    ValidateModel,
    TrainModel,
    DescribeModel,
    PredictWinterFlux,
    ZonalBudget,
    FluxTrend,
    CompareMaps,
    NextSites,
    Figure,
    PublishDataset,
    MapFromLayers,
    CreateSampleStudy,
    CheckStudy,
    RunStudy,
    CheckEnvironment,
    SetUpEngine,
)
