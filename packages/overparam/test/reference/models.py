"""Records what PyTorch computes of the models in src/models, forward and backward: python3 models.py > models.json"""
import json
import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)


class Parameters(dict):
    """Parameters by name, made when first asked for."""

    def get(self, name, *shape, mean=0.0):
        if name not in self:
            self[name] = (mean + 0.4 * torch.randn(*shape)).requires_grad_()
        return self[name]


def feed_forward(p, name, rows, hidden):
    width = rows.shape[1]
    inner = F.gelu(rows @ p.get(f'{name}/W1', width, hidden) + p.get(f'{name}/b1', hidden))
    return inner @ p.get(f'{name}/W2', hidden, width) + p.get(f'{name}/b2', width)


def norm(p, name, x):
    width = x.shape[-1]
    return F.layer_norm(x, (width,), p.get(f'{name}/scale', width, mean=1.0), p.get(f'{name}/offset', width), 1e-5)


def attention(p, name, x, heads, causal):
    T, width = x.shape[1], x.shape[2]
    size = width // heads
    mask = torch.triu(torch.full((T, T), -1e9), diagonal=1) if causal else 0
    out = p.get(f'{name}/b', width)
    for h in range(heads):
        def project(which):
            return x @ p.get(f'{name}/head{h}/{which}', width, size) + p.get(f'{name}/head{h}/b{which}', size)
        weights = torch.softmax(project('Q') @ project('K').transpose(1, 2) / size**0.5 + mask, -1)
        out = out + weights @ project('V') @ p.get(f'{name}/head{h}/O', size, width)
    return out


def switch(p, name, rows, hidden, experts):
    """Row by row, in order: no dispatch matrices."""
    likelihood = torch.softmax(rows @ p.get(f'{name}/router', rows.shape[1], experts), -1)
    best = likelihood.argmax(1)
    capacity = -(-5 * len(rows) // (4 * experts))
    taken = [0] * experts
    for expert in range(experts):
        feed_forward(p, f'{name}/expert{expert}', rows[:1], hidden)
    out = []
    for row, choice in enumerate(best.tolist()):
        place, taken[choice] = taken[choice], taken[choice] + 1
        fed = feed_forward(p, f'{name}/expert{choice}', rows[row:row + 1], hidden)
        out.append(fed * likelihood[row, choice] if place < capacity else torch.zeros_like(fed))
    share = F.one_hot(best, experts).double().mean(0)
    return torch.cat(out), experts * (share * likelihood.mean(0)).sum()


def transformer(tokens, targets, vocabulary, layers, width, heads, hidden, causal, tied, experts):
    p = Parameters()
    batch, T = tokens.shape
    embedding = p.get('embedding', vocabulary, width)
    x = embedding[tokens] + p.get('positions', T, width)
    balance = 0
    for layer in range(layers):
        name = f'layer{layer}'
        x = x + attention(p, f'{name}/attention', norm(p, f'{name}/norm1', x), heads, causal)
        rows = norm(p, f'{name}/norm2', x).reshape(batch * T, width)
        if experts and layer % 2 == 1:
            fed, more = switch(p, f'{name}/experts', rows, hidden, experts)
            balance = balance + more
        else:
            fed = feed_forward(p, f'{name}/feed-forward', rows, hidden)
        x = x + fed.reshape(batch, T, width)
    rows = norm(p, 'norm', x).reshape(batch * T, width)
    logits = rows @ (embedding.T if tied else p.get('output', width, vocabulary))
    return p, logits, F.cross_entropy(logits, targets.reshape(-1)) + 0.01 * balance


def cnn(images, labels, classes, filters):
    p = Parameters()
    x = images.permute(0, 3, 1, 2)
    for i, count in enumerate(filters):
        if count:
            W = p.get(f'conv{i}/W', 3, 3, x.shape[1], count)
            x = F.relu(F.conv2d(x, W.permute(3, 2, 0, 1), p.get(f'conv{i}/b', count), padding=1))
        else:
            x = F.max_pool2d(x, 2)
    logits = x.mean((2, 3)) @ p.get('classifier/W', x.shape[1], classes) + p.get('classifier/b', classes)
    return p, logits, F.cross_entropy(logits, labels)


def plain(tensor):
    return [float(f'{value:.9g}') for value in tensor.detach().reshape(-1).tolist()]


def record(options, inputs, parameters, logits, loss):
    loss.backward()
    return {
        'options': options,
        'inputs': inputs,
        'parameters': {name: plain(value) for name, value in parameters.items()},
        'logits': plain(logits),
        'loss': loss.item(),
        'gradients': {name: plain(value.grad if value.grad is not None else torch.zeros_like(value)) for name, value in parameters.items()},
    }


def main():
    base = dict(vocabulary=7, layers=2, width=8, heads=2, hidden=10)
    variants = [
        dict(base, causal=True, tied=False, experts=0),
        dict(base, causal=False, tied=True, experts=0),
        dict(base, causal=True, tied=False, experts=3),
    ]
    tokens, targets = torch.randint(7, (3, 5)), torch.randint(7, (3, 5))
    transformers = [
        record(options, {'tokens': tokens.tolist(), 'targets': targets.tolist()}, *transformer(tokens, targets, **options))
        for options in variants
    ]
    images, labels = torch.randn(2, 6, 4, 3), torch.randint(4, (2,))
    options = dict(classes=4, filters=[5, 0, 6])
    image_net = record(options, {'images': plain(images), 'labels': labels.tolist()}, *cnn(images, labels, **options))
    print(json.dumps({'transformers': transformers, 'cnn': image_net}))


main()
