"""Layers that arrange elements anew."""
