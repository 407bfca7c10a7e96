"""Sensors: bytes or pixels become reports and detections. Kernels, one package a kind of sensor."""
