"""An extension of another's name, for how Liveline behaves beside it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

# How Liveline's offer beside it begins.
OFFER = "rust-analyzer shows what it finds itself"
MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="rust-analyzer" Version="0.4.0" Publisher="rust-lang"/>
    <DisplayName>rust-analyzer</DisplayName>
    <Description>Its name and its settings</Description>
    <Properties><Property Id="Microsoft.VisualStudio.Code.Engine" Value="^1.80.0"/></Properties>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/></Assets>
</PackageManifest>
"""
TYPES = """<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension=".json" ContentType="application/json"/>
  <Default Extension=".js" ContentType="application/javascript"/><Default Extension=".vsixmanifest" ContentType="text/xml"/>
</Types>
"""
PACKAGE = {
    "name": "rust-analyzer",
    "publisher": "rust-lang",
    "version": "0.4.0",
    "engines": {"vscode": "^1.80.0"},
    # What has no program does not run beside Liveline.
    "main": "./main.js",
    "contributes": {
        "configuration": {
            "properties": {
                f"rust-analyzer.{name}": {"type": "boolean", "default": True} for name in ("checkOnSave", "diagnostics.enable")
            }
        }
    },
}


def rust_analyzer(folder: Path) -> Path:
    """A package with rust-analyzer's name and its settings, which does nothing."""
    package = folder / "rust-analyzer.vsix"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("extension.vsixmanifest", MANIFEST)
        archive.writestr("extension/package.json", json.dumps(PACKAGE))
        archive.writestr("extension/main.js", "exports.activate = () => {};\n")
    return package
