"""A Gauss-Newton step of a network with one hidden layer, f(x) = v . silu(U x + b) / M, in PyTorch on one thread.

`official` is the algorithm of MichaelArbel/Implicit-Bias-Gauss-Newton in our own words: the Jacobian by vector-Jacobian
products with a batch of unit cotangents, in chunks, each of which goes back through the whole batch; the kernel in
float64, its singular values, and a damping of the smallest of them. `hadamard` is what one would write by hand: the
kernel as a Hadamard product of two Gram matrices in float32, and a float64 Cholesky factorisation.

    python3 gauss_newton_step.py --algorithm hadamard --samples 500 --inputs 784 --units 1000 --warmup 3 --steps 11

Prints one JSON line: milliseconds of each step, and the largest resident set in bytes. Needs torch.
"""
import argparse, json, resource, time
import torch

ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ask.add_argument("--algorithm", choices=["official", "hadamard"], required=True)
for name in ["samples", "inputs", "units", "warmup", "steps"]:
    ask.add_argument("--" + name, type=int, required=True)
ask.add_argument("--chunks", type=int, default=8, help="of the official algorithm's cotangents")
given = ask.parse_args()
torch.set_num_threads(1)
torch.manual_seed(1)

N, d, M = given.samples, given.inputs, given.units
X, y = torch.randn(N, d), torch.randn(N)
U, b, v = torch.randn(M, d) / d**0.5, torch.randn(M), torch.randn(M)
parameters = [U, b, v]
silu = torch.nn.functional.silu
rate, epsilon = 10.0, 1e-7


def official():
    for p in parameters:
        p.requires_grad_(True)
    f = silu(X @ U.T + b) @ v / M
    g = (f.detach() - y) / N
    rows = [[] for _ in parameters]
    for cotangents in torch.eye(N).chunk(given.chunks):
        parts = torch.autograd.grad(f, parameters, cotangents, retain_graph=True, is_grads_batched=True)
        for row, part in zip(rows, parts):
            row.append(part.reshape(len(cotangents), -1).double())
    J = [torch.cat(row) for row in rows]
    K = sum(part @ part.T for part in J)
    left, s, right = torch.linalg.svd(K)
    z = right.T @ ((left.T @ g.double()) / (s + max(epsilon, float(s.min()))))
    with torch.no_grad():
        for p, part in zip(parameters, J):
            p -= rate * (part.T @ z).float().reshape(p.shape)


XX = X @ X.T + 1


@torch.no_grad()
def hadamard():
    Z = X @ U.T + b
    sigmoid = torch.sigmoid(Z)
    S = Z * sigmoid
    f = S @ v / M
    g = (f - y) / N
    D = (sigmoid * (1 + Z * (1 - sigmoid))) * (v / M)
    K = (XX * (D @ D.T) + S @ S.T / M**2).double()
    K.diagonal().add_(1e-6)
    z = torch.cholesky_solve(g.double()[:, None], torch.linalg.cholesky(K))[:, 0].float()
    E = D * z[:, None]
    U.sub_(rate * (E.T @ X))
    b.sub_(rate * E.sum(0))
    v.sub_(rate * (S.T @ z) / M)


step = {"official": official, "hadamard": hadamard}[given.algorithm]
times = []
for k in range(given.warmup + given.steps):
    start = time.perf_counter()
    step()
    if k >= given.warmup:
        times.append(1e3 * (time.perf_counter() - start))
print(json.dumps({"times": times, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
