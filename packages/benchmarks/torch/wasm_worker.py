"""A child process that measures PyTorch, with the protocol of src/wasm/protocol.ts. Argument: the number of threads."""
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(1)

# Debian's torch takes whatever BLAS is installed; the reference one is 20 times slower, and no opponent.
if sys.platform == "linux" and not any(blas in open("/proc/self/maps").read() for blas in ("openblas", "mkl", "blis")):
    print("PyTorch computes with the reference BLAS here: install libopenblas0-pthread for a fair comparison", file=sys.stderr)


def mat_mul(case):
    batch = [case["batch"]] if case["batch"] > 1 else []
    m, n, k = case["m"], case["n"], case["k"]
    a = torch.randn(batch + ([k, m] if case["transposeA"] else [m, k]))
    b = torch.randn(batch + ([n, k] if case["transposeB"] else [k, n]))
    a = a.transpose(-1, -2) if case["transposeA"] else a
    b = b.transpose(-1, -2) if case["transposeB"] else b
    return lambda: torch.matmul(a, b)


def dense(*widths):
    layers = []
    for i in range(len(widths) - 1):
        layers += [nn.Linear(widths[i], widths[i + 1]), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Block(nn.Module):
    def __init__(self, channels, filters, stride):
        super().__init__()
        self.first = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(filters), nn.BatchNorm2d(filters)])
        self.shortcut = (
            nn.Identity()
            if stride == 1
            else nn.Sequential(nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))
        )

    def forward(self, x):
        inner = self.norms[1](self.second(F.relu(self.norms[0](self.first(x)))))
        return F.relu(inner + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.start = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.blocks = nn.Sequential(Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2))
        self.end = nn.Linear(64, 10)

    def forward(self, x):
        return self.end(self.blocks(self.start(x)).mean((2, 3)))


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(32, 128, batch_first=True)
        self.end = nn.Linear(128, 10)

    def forward(self, x):
        return self.end(self.lstm(x)[0][:, -1])


class Transformer(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList([nn.LayerNorm(d), nn.LayerNorm(d)])
        self.qkv, self.project = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.widen, self.narrow = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(self, x):
        batch, steps, d = x.shape
        q, k, v = self.qkv(self.norms[0](x)).reshape(batch, steps, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        scores = F.softmax(q @ k.transpose(-1, -2) * (d // self.heads) ** -0.5, -1)
        x = x + self.project((scores @ v).transpose(1, 2).reshape(batch, steps, d))
        return x + self.narrow(F.gelu(self.widen(self.norms[1](x))))


class Embedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10000, 64)
        self.end = dense(64, 64, 2)

    def forward(self, words):
        return self.end(self.embedding(words).mean(1))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), dense(400, 120, 84, 10),
    )


def classified(model, inputs, classes):
    labels = torch.randint(0, classes, (inputs.shape[0],))
    return model, lambda: F.cross_entropy(model(inputs), labels)


def fitted(model, inputs):
    target = torch.randn(inputs.shape)
    return model, lambda: F.mse_loss(model(inputs), target)


MODELS = {
    "mlp": lambda: classified(dense(784, 1000, 10), torch.randn(128, 784), 10),
    "small-mlp": lambda: classified(dense(20, 64, 64, 3), torch.randn(64, 20), 3),
    "lenet": lambda: classified(lenet(), torch.randn(64, 1, 28, 28), 10),
    "resnet": lambda: classified(ResNet(), torch.randn(32, 3, 32, 32), 10),
    "lstm": lambda: classified(Lstm(), torch.randn(32, 32, 32), 10),
    "transformer": lambda: fitted(Transformer(128, 4), torch.randn(16, 64, 128)),
    "embedding": lambda: classified(Embedding(), torch.randint(0, 10000, (64, 64)), 2),
}


def training_step(case):
    model, loss = MODELS[case["model"]]()
    parameters = model.parameters()
    optimizer = (
        torch.optim.Adam(parameters, 1e-3) if case["optimizer"] == "adam" else torch.optim.SGD(parameters, 0.01)
    )

    def step():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()
        value.item()

    return step


# Processor time where there is one thread, real time where there are more; see protocol.ts.
clock = time.process_time if sys.argv[1] == "1" else time.perf_counter


def fastest_run(repeat, budget):
    end = time.perf_counter() + budget / 1000
    fastest = float("inf")
    while True:
        start = now = clock()
        repetitions = 0
        while now - start < 0.005:
            repeat()
            repetitions += 1
            now = clock()
        fastest = min(fastest, (now - start) / repetitions)
        if time.perf_counter() >= end:
            return 1000 * fastest


repeat = None
for line in sys.stdin:
    request = json.loads(line)
    if "prepare" in request:
        case = request["prepare"]
        repeat = mat_mul(case) if case["kind"] == "matMul" else training_step(case)
        end = time.perf_counter() + 0.3
        for i in range(10**6):
            if i >= 10 and time.perf_counter() > end:
                break
            repeat()
    print(json.dumps({"milliseconds": fastest_run(repeat, request["budget"])}), flush=True)
