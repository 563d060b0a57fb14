"""The plugin's one setting: the interpreter that the engine runs in, where it is not QGIS's own."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from qgis.core import QgsApplication, QgsSettings

_INTERPRETER = "WCO2_INTERPRETER"
_KEY = f"Processing/Configuration/{_INTERPRETER}"
_TEXT = "Python interpreter to run in (empty: QGIS's own)"


def show(group: str, icon: str) -> None:
    """Show the setting under Settings > Options > Processing > Providers."""
    from processing.core.ProcessingConfig import ProcessingConfig, Setting

    ProcessingConfig.settingIcons[group] = icon
    ProcessingConfig.addSetting(
        Setting(group, _INTERPRETER, _TEXT, interpreter() or "", valuetype=Setting.FILE)
    )
    ProcessingConfig.readSettings()


def hide() -> None:
    """Take the setting out of the options again; its value stays."""
    from processing.core.ProcessingConfig import ProcessingConfig

    ProcessingConfig.removeSetting(_INTERPRETER)


def interpreter() -> str | None:
    """The interpreter to run the engine in; None for QGIS's own process."""
    return str(QgsSettings().value(_KEY) or "").strip() or None


def set_interpreter(path: str | None) -> None:
    """Keep the interpreter for this profile."""
    settings = QgsSettings()
    settings.setValue(_KEY, path or "")
    settings.sync()


def environment_folder() -> Path:
    """Where `setupengine` puts the environment: in the user's profile."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "wco2" / "engine"


def proxy() -> dict[str, str]:
    """The proxy of QGIS's options as variables, which pip reads; none where there is none."""
    settings = QgsSettings()
    host = str(settings.value("proxy/proxyHost") or "").strip()
    kind = str(settings.value("proxy/proxyType") or "")
    if not settings.value("proxy/proxyEnabled", False, type=bool) or not host:
        return {}
    if kind not in ("HttpProxy", "Socks5Proxy"):  # the system's own, which pip finds by itself
        return {}
    port = str(settings.value("proxy/proxyPort") or "").strip()
    user = str(settings.value("proxy/proxyUser") or "")
    password = str(settings.value("proxy/proxyPassword") or "")
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    scheme = "socks5" if kind == "Socks5Proxy" else "http"
    address = f"{scheme}://{login}{host}{f':{port}' if port else ''}"
    return {"HTTP_PROXY": address, "HTTPS_PROXY": address}
