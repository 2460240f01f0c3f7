"""PoNoS as its authors released it, in PyTorch, on the bundled Fashion-MNIST subset, for comparison with ours.

    git clone https://github.com/leonardogalli91/PoNoS
    python3 packages/benchmarks/torch/official_ponos.py --official PoNoS --data packages/fashion-mnist/data

Prints one JSON line per seed: the loss over the whole training set and the test accuracy, before the first epoch and
after each. Needs torch and numpy (Debian: python3-torch).
"""
import argparse, gzip, importlib.util, json, pathlib, time
import numpy as np
import torch
from torch import nn


def idx(path):
    raw = gzip.open(path).read()
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def read(folder, name):
    images = next(pathlib.Path(folder).glob(f"{name}-images-idx3-ubyte.gz"))
    labels = next(pathlib.Path(folder).glob(f"{name}-labels-idx1-ubyte.gz"))
    x = torch.tensor(idx(images).reshape(-1, 784) / 255, dtype=torch.float32)
    return (x - 0.5) / 0.5, torch.tensor(idx(labels).astype(np.int64))


def mlp(widths):
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--official", required=True, help="a checkout of the official repository")
    ask.add_argument("--data", required=True, help="a folder with the IDX files")
    ask.add_argument("--epochs", type=int, default=5)
    ask.add_argument("--seeds", default="0,1,2")
    ask.add_argument("--batch", type=int, default=128)
    ask.add_argument("--widths", default="784,512,256,10")
    given = ask.parse_args()
    spec = importlib.util.spec_from_file_location("PoNoS", pathlib.Path(given.official) / "PoNoS.py")
    official = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(official)
    (x, y), (test_x, test_y) = read(given.data, "train"), read(given.data, "t10k")
    loss_of = nn.CrossEntropyLoss()

    for seed in map(int, given.seeds.split(",")):
        torch.manual_seed(seed)
        model = mlp([int(w) for w in given.widths.split(",")])
        optimizer = official.PoNoS(model.parameters())
        losses, accuracies, seconds = [], [], 0.0

        def measure():
            with torch.no_grad():
                losses.append(float(loss_of(model(x), y)))
                accuracies.append(float((model(test_x).argmax(1) == test_y).float().mean()))

        measure()
        for epoch in range(given.epochs):
            order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed + epoch))
            start = time.perf_counter()
            for batch in order.split(given.batch):
                optimizer.zero_grad()
                optimizer.step(lambda: loss_of(model(x[batch]), y[batch]))
            seconds += time.perf_counter() - start
            measure()
        print(json.dumps({"seed": seed, "losses": losses, "accuracies": accuracies, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
