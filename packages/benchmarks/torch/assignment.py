"""Exact assignments by scipy, for the benchmark `transport`: reads {"n": ..., "points": [...]} a line, answers with the
processor's milliseconds and the cost. The points are x_1, y_1, x_2, ... of the first set and then of the second."""

import json
import sys
import time

import numpy
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

for line in sys.stdin:
    task = json.loads(line)
    points = numpy.array(task["points"]).reshape(2, task["n"], 2)
    start = time.process_time()
    costs = cdist(points[0], points[1], "sqeuclidean")
    rows, columns = linear_sum_assignment(costs)
    took = 1e3 * (time.process_time() - start)
    print(json.dumps([took, costs[rows, columns].sum() / task["n"]]), flush=True)
