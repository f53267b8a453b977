"""libablate_ops.so against outside answers: the public entmax package, torch.softmax, torch's own checks of operators.

Arguments: the library, docs/operators.md. Exits with 77 where torch or entmax can't be imported.
"""

import itertools
import math
import re
import sys
import unittest

from torch_on_cpu import import_torch

LIBRARY, PAGE = sys.argv[1:3]
try:
    torch = import_torch()
    import entmax as public
except (ImportError, OSError) as error:
    print("can't import torch and entmax:", error)
    sys.exit(77)

torch.ops.load_library(LIBRARY)
torch.set_num_threads(1)
ours = torch.ops.ablate
INFINITY = float("inf")
DOUBLE = dict(dtype=torch.float64)


def close(a, b, tolerance):
    return bool(torch.all((a - b).abs() <= tolerance))


def with_gradients(function, *inputs):
    """The result, and the gradients in all inputs of the result's sum with fixed weights."""
    leaves = [x.detach().clone().requires_grad_() for x in inputs]
    result = function(*leaves)
    weights = torch.linspace(-1, 2, result.numel(), dtype=result.dtype).reshape(result.shape)
    return [result.detach(), *torch.autograd.grad((result * weights).sum(), leaves)]


# Names of public functions of (scores, dim), ours, and the largest difference in double: the public ones are exact.
EXACT = [("sparsemax", ours.sparsemax), ("entmax15", lambda x, dim: ours.entmax(x, 1.5, dim))]
SHAPES = [(1,), (7,), (3, 5), (4, 1), (2, 3, 130), (2, 3, 4, 5)]


class AgainstPublicEntmax(unittest.TestCase):
    def each_case(self):
        torch.manual_seed(1)
        for shape, size in itertools.product(SHAPES, (0.1, 1.0, 5.0)):
            for dim in range(-len(shape), len(shape)):
                with self.subTest(shape=shape, size=size, dim=dim):
                    yield torch.randn(shape, **DOUBLE) * size, dim

    def test_exact_functions_and_their_gradients(self):
        for x, dim in self.each_case():
            for name, function in EXACT:
                theirs = with_gradients(lambda z: getattr(public, name)(z, dim=dim), x)
                for a, b in zip(with_gradients(lambda z: function(z, dim), x), theirs):
                    self.assertTrue(close(a, b, 1e-12), name)

    # The public bisection halves an interval of at most 1 / (alpha - 1) <= 5 fifty times, and its gradient in alpha, which
    # cancels near 1, is accurate to some 1e-9 from alpha = 1.2 on.
    def test_bisection_and_its_gradients(self):
        for x, dim in self.each_case():
            for alpha in (1.2, 1.5, 1.75, 2.0):
                at = torch.tensor(alpha, **DOUBLE)
                theirs = with_gradients(lambda z, a: public.entmax_bisect(z, a, dim, n_iter=60), x, at)
                for a, b in zip(with_gradients(lambda z, a: ours.entmax(z, a, dim), x, at), theirs):
                    self.assertTrue(close(a, b, 1e-7 if b.dim() == 0 else 1e-10), alpha)

    # The public functions handle a row's masked keys by leaving them out, which is what masking means.
    def test_masked_keys_count_as_absent(self):
        for x, dim in self.each_case():
            keys = x.shape[dim]
            masked = torch.arange(keys) % 3 == 1
            z = x.clone().movedim(dim, -1)
            z[..., masked] = -INFINITY
            p = ours.entmax(z.movedim(-1, dim), 1.5, dim).movedim(dim, -1)
            self.assertTrue((p[..., masked] == 0).all())
            theirs = public.entmax15(x.movedim(dim, -1)[..., ~masked].contiguous(), dim=-1)
            self.assertTrue(close(p[..., ~masked], theirs, 1e-12))

    def test_half_precision_is_the_float_answer_rounded(self):
        x = torch.randn(40, 64)
        for dtype, rounding in ((torch.bfloat16, 2.0**-8), (torch.float16, 2.0**-11)):
            z = x.to(dtype)
            p = ours.entmax(z, 1.5)
            self.assertEqual(p.dtype, dtype)
            self.assertTrue(torch.equal(p, ours.entmax(z.float(), 1.5).to(dtype)))
            self.assertTrue(close(p.double(), public.entmax15(z.double(), dim=-1), rounding + 5e-7))

    # What users of the public package run into: uniform rows at alpha = 1, NaN on rows without keys.
    def test_where_the_public_package_is_wrong(self):
        x = torch.randn(5, 9, requires_grad=True)
        self.assertTrue(close(ours.entmax(x, 1.0), torch.softmax(x, -1), 5e-7))
        z = torch.full((2, 4), -INFINITY, requires_grad=True)
        functions = ours.softmax, ours.sparsemax, lambda s: ours.entmax(s, 1.3), lambda s: ours.top_k_softmax(s, 2)
        for function in functions:
            p = function(z)
            self.assertTrue((p == 0).all())
            self.assertTrue((torch.autograd.grad(p.sum(), z)[0] == 0).all())


class PublishedCases(unittest.TestCase):
    """The cases of the package's own tests (entmax 1.3, test_root_finding.py, test_mask.py, test_topk.py), with our operators
    in their place; alpha in [1, 2], since ours refuse others."""

    def setUp(self):
        torch.manual_seed(42)

    def scores(self, *shape):
        return torch.randn(*shape, **DOUBLE, requires_grad=True)

    def alphas(self, *shape):
        return (1 + torch.rand(*shape, **DOUBLE)).requires_grad_()

    def test_gradients(self):
        for alpha in (1.2, 1.5, 1.75):
            at = torch.tensor(alpha, **DOUBLE, requires_grad=True)
            self.assertTrue(torch.autograd.gradcheck(ours.entmax, (self.scores(4, 6), at), eps=1e-5))
        self.assertTrue(torch.autograd.gradcheck(ours.sparsemax, (self.scores(4, 6),), eps=1e-5))
        self.assertTrue(torch.autograd.gradcheck(ours.entmax, (self.scores(4, 6), self.alphas(4, 1)), eps=1e-5))

    def test_multiple_alphas(self):
        x, alpha = self.scores(4, 6), self.alphas(4, 1)
        rows = [ours.entmax(x[i], alpha[i].item()) for i in range(4)]
        self.assertTrue(torch.allclose(ours.entmax(x, alpha), torch.stack(rows)))

    def test_arbitrary_dimension(self):
        for dim in (0, 1, 2, 3, -1, -2, -3, -4):
            shape = [3, 4, 2, 5]
            x = self.scores(*shape)
            shape[dim] = 1
            alpha = self.alphas(*shape)
            p = ours.entmax(x, alpha, dim).movedim(dim, -1)
            for row in itertools.product(*map(range, p.shape[:-1])):
                exact = public.entmax_bisect(x.movedim(dim, -1)[row], alpha.movedim(dim, -1)[row].item(), n_iter=60)
                self.assertTrue(torch.allclose(p[row], exact))
            self.assertTrue(torch.autograd.gradcheck(lambda z, a: ours.entmax(z, a, dim), (x, alpha), eps=1e-5))

    def test_mask(self):
        for dtype, alpha in itertools.product((torch.float32, torch.float64), (1.25, 1.5, 1.75, 2.0)):
            x = torch.randn(2, 6, dtype=dtype)
            x[:, 3:] = -INFINITY
            p = ours.entmax(x, alpha)
            self.assertTrue(torch.allclose(p[:, :3], ours.entmax(x[:, :3], alpha)))
            self.assertTrue((p[:, 3:] == 0).all())

    # Theirs: the partial sort finds the full sort's threshold. Ours have no k; the mapping itself is what is compared.
    def test_sizes_of_scores(self):
        for dim, size in itertools.product((0, 1, 2), (0.00001, 0.5, 10000.0)):
            x = size * torch.randn(3, 4, 5, **DOUBLE)
            self.assertTrue(close(ours.sparsemax(x, dim), public.sparsemax(x, dim=dim, k=30), 1e-11))
            self.assertTrue(close(ours.entmax(x, 1.5, dim), public.entmax15(x, dim=dim), 1e-11))


class AgainstTorch(unittest.TestCase):
    def test_softmax(self):
        for x, dim in AgainstPublicEntmax.each_case(self):
            theirs = with_gradients(lambda z: torch.softmax(z, dim), x)
            for a, b in zip(with_gradients(lambda z: ours.softmax(z, dim), x), theirs):
                self.assertTrue(close(a, b, 1e-13))
            single = x.float()
            self.assertTrue(close(ours.softmax(single, dim), torch.softmax(single, dim), 5e-7))

    def test_variants_of_softmax_by_their_formulas(self):
        for x, dim in AgainstPublicEntmax.each_case(self):
            e, n = x.exp(), x.shape[dim]
            total = e.sum(dim, keepdim=True)
            k = min(3, n)
            kept = x.masked_fill(x < x.topk(k, dim).values.amin(dim, keepdim=True), -INFINITY)
            pairs = {
                "plus one": (ours.softmax_plus_one(x, dim), e / (1 + total)),
                "sink": (ours.softmax_sink(x, torch.tensor(0.7, **DOUBLE), dim), e / (math.exp(0.7) + total)),
                "sigmoid": (ours.sigmoid(x, dim), torch.sigmoid(x - math.log(n))),
                "top k": (ours.top_k_softmax(x, k, dim), torch.softmax(kept, dim)),
                "scalable": (
                    ours.scalable_softmax(x, torch.tensor(0.6, **DOUBLE), dim),
                    torch.softmax(x * 0.6 * math.log(n), dim),
                ),
                "sparsegen": (ours.sparsegen(x, 0.4, dim), public.sparsemax(x / 0.6, dim=dim)),
            }
            for name, (a, b) in pairs.items():
                self.assertTrue(close(a, b, 1e-12), name)

    def test_sinkhorn_is_nearly_doubly_stochastic(self):
        p = ours.sinkhorn(torch.randn(2, 6, 6, **DOUBLE), 60)
        self.assertTrue(close(p.sum(-1), torch.ones(2, 6, **DOUBLE), 1e-12))
        self.assertTrue(close(p.sum(-2), torch.ones(2, 6, **DOUBLE), 1e-6))

    # Torch's own checks: schema, registration for autograd, tracing with fake tensors and shapes alone.
    def test_operators_are_well_behaved(self):
        x = torch.randn(2, 3, 8, requires_grad=True)
        each = torch.tensor([[1.3], [1.5]], requires_grad=True)
        narrow = torch.randn(2, 8, dtype=torch.bfloat16, requires_grad=True)
        for function in (lambda z: ours.entmax(z, 1.5), lambda z: ours.top_k_softmax(z, 3)):
            compiled = torch.compile(function, backend="aot_eager", fullgraph=True)
            self.assertTrue(torch.equal(compiled(narrow), function(narrow)))
        calls = {
            ours.entmax.default: (x, each, 1),
            ours.entmax.number: (x, 1.2),
            ours.scalable_softmax.default: (x, torch.tensor(0.5, requires_grad=True)),
            ours.sigmoid.default: (x,),
            ours.sinkhorn.default: (x,),
            ours.softmax.default: (x, -2),
            ours.softmax_plus_one.default: (x,),
            ours.softmax_sink.default: (x, torch.tensor(0.5, requires_grad=True)),
            ours.sparsegen.default: (x, 0.3),
            ours.sparsemax.default: (x, 0),
            ours.top_k_softmax.default: (x, 2),
        }
        for operator, arguments in calls.items():
            if operator is ours.entmax.default:
                arguments = (x, torch.rand(2, 8).add(1).requires_grad_(), 1)
            with self.subTest(operator=str(operator)):
                utilities = ("test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_static")
                torch.library.opcheck(operator, arguments, test_utils=utilities)
                on_meta = [a.to("meta") if isinstance(a, torch.Tensor) else a for a in arguments]
                self.assertEqual(operator(*on_meta).shape, x.shape)

    def test_compiled(self):
        x = torch.randn(4, 9, requires_grad=True)
        function = torch.compile(lambda z: ours.entmax(z * 2, 1.5).square().sum(), backend="aot_eager", fullgraph=True)
        expected = torch.autograd.grad(ours.entmax(x * 2, 1.5).square().sum(), x)[0]
        self.assertTrue(close(torch.autograd.grad(function(x), x)[0], expected, 1e-6))

    def test_refusals(self):
        x = torch.randn(2, 5)
        for alpha in (0.9, 2.1, torch.tensor([1.5, 3.0])):
            with self.assertRaisesRegex(ValueError, r"alpha is .*; allowed is \[1, 2\]"):
                ours.entmax(x, alpha)
        with self.assertRaisesRegex(ValueError, "does not broadcast"):
            ours.entmax(x, torch.full((3,), 1.5))
        with self.assertRaises(IndexError):
            ours.sparsemax(x, 2)
        with self.assertRaisesRegex(TypeError, "allowed are float"):
            ours.sparsemax(torch.arange(4))
        z = torch.randn(3, requires_grad=True)
        with self.assertRaisesRegex(NotImplementedError, "only once"):
            torch.autograd.grad(ours.sparsemax(z).square().sum(), z, create_graph=True)

    def test_empty_and_strided(self):
        self.assertEqual(ours.entmax(torch.empty(3, 0), 1.5).shape, (3, 0))
        self.assertEqual(ours.sparsemax(torch.empty(0, 3)).shape, (0, 3))
        x = torch.randn(6, 5, 4)
        for z in (x.transpose(0, 2), x[::2], x[..., ::2], x.expand(2, 6, 5, 4)[1]):
            for dim in (0, 1, 2):
                self.assertTrue(torch.equal(ours.entmax(z, 1.3, dim), ours.entmax(z.contiguous(), 1.3, dim)))


class Page(unittest.TestCase):
    def test_the_python_shown_in_the_docs_runs(self):
        with open(PAGE, encoding="utf-8") as page:
            blocks = re.findall(r"```python\n(.*?)```", page.read(), re.S)
        self.assertTrue(blocks)
        for block in blocks:
            exec(block.replace("bazel-bin/lib/libablate_ops.so", LIBRARY), {})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
