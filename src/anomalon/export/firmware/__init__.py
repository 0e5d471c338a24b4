"""From a fitted detector to a Level-1 trigger: few bits, logic, C++ and Verilog, and emulations.

Names are found in `anomalon.export`.
"""
