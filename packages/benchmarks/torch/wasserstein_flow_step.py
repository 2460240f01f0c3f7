"""A child process that times particle flow steps: NumPy on the deconvolution, PyTorch on a relu network.

Reads lines {"case": "deconvolution" | "relu", "steps": n}, and answers each with the milliseconds of a step, or null
where the library is absent.
"""
import json
import sys
import time

import numpy as np


def deconvolution(m=100, cutoff=4, alpha=0.05, beta=0.005, lam=0.3):
    """The conic step with the mirror retraction, float64, as vectorised as NumPy allows."""
    k = np.arange(1, cutoff + 1)
    theta = np.linspace(0, 2 * np.pi, m, endpoint=False)
    r = np.where(np.arange(m) % 2, 0.5, -0.5)
    target = np.cos(np.arange(2 * cutoff + 1))
    state = [theta, r]

    def step():
        theta, r = state
        angles = np.outer(theta, k)
        cos, sin = np.sqrt(2) * np.cos(angles), np.sqrt(2) * np.sin(angles)
        phi = np.concatenate([np.ones((m, 1)), cos, sin], axis=1)
        residual = (r * np.abs(r) / m) @ phi - target
        energy = 0.5 * residual @ residual + lam * (r * r).sum() / m
        values = phi @ residual
        slopes = (cos * k) @ residual[cutoff + 1 :] - (sin * k) @ residual[1 : cutoff + 1]
        sign = np.sign(r)
        state[:] = theta - beta * sign * slopes, r * np.exp(-2 * alpha * (sign * values + lam))
        return energy

    return step


def relu(d=100, m=1000, batch=100, rate=1e-3):
    """Gradient descent on 1/m sum w relu(<a, x>), float32, by autograd."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(1)
    x, y = torch.randn(batch, d), torch.randn(batch)
    a = torch.randn(m, d).requires_grad_()
    w = torch.randn(m).requires_grad_()

    def step():
        loss = ((w @ torch.relu(a @ x.T) / m - y) ** 2).sum() / (2 * batch)
        ga, gw = torch.autograd.grad(loss, (a, w))
        with torch.no_grad():
            a.sub_(ga, alpha=rate * m)
            w.sub_(gw, alpha=rate * m)
        return loss.item()

    return step


steps = {}
for line in sys.stdin:
    request = json.loads(line)
    name = request["case"]
    try:
        if name not in steps:
            steps[name] = {"deconvolution": deconvolution, "relu": relu}[name]()
        start = time.perf_counter()
        for _ in range(request["steps"]):
            steps[name]()
        print(json.dumps(1e3 * (time.perf_counter() - start) / request["steps"]), flush=True)
    except ImportError:
        print("null", flush=True)
