"""Fits a peak on a slope to each line of JSON {x, y, start} by scipy's curve_fit; prints processor ms and the parameters."""

import json
import sys
import time

import numpy
from scipy.optimize import curve_fit


def peak(x, height, centre, width, slope, offset):
    return height * numpy.exp(-(((x - centre) / width) ** 2)) + slope * x + offset


for line in sys.stdin:
    given = json.loads(line)
    x, y = numpy.array(given["x"]), numpy.array(given["y"])
    start = time.process_time()
    parameters, _ = curve_fit(peak, x, y, p0=given["start"])
    print(json.dumps([1000 * (time.process_time() - start), list(parameters)]), flush=True)
