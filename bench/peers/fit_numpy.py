"""What a user would write instead of the fits of Crosswalk, on the files of a folder; prints seconds and results as JSON.

    fit_numpy.py ridge FOLDER         the path of lambdas, cross-validated: Gram matrices by fold, numpy
    fit_numpy.py scikit-learn FOLDER  the same by GridSearchCV, Ridge and GroupKFold
    fit_numpy.py shared FOLDER        regularised canonical correlation analysis, numpy

Only the computation is timed: neither the start of Python nor the reading of files.
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
import scipy.linalg

what, folder = sys.argv[1], Path(sys.argv[2])
problem = json.loads((folder / 'problem.json').read_text())


def matrix(name, columns):
    return np.fromfile(folder / name, dtype='<f4').reshape(-1, columns)


source = matrix('source.f32', problem['dSource'])
target = matrix('target.f32', problem['dTarget'])


def shifted(rows, origin):
    return rows.astype(np.float64) - origin


def ridge():
    """One Gram matrix a fold, those of a training part by subtraction, and one eigen-decomposition for all lambdas.

    The decomposition turns the probes once, so that a lambda costs a scaling and one product in single precision; a
    Cholesky factorisation for each lambda (scipy.linalg.cho_solve) was slower here.
    """
    fold_of = np.fromfile(folder / 'fold.i32', dtype='<i4')
    scored = np.fromfile(folder / 'scored.u8', dtype=np.uint8).astype(bool)
    identity = np.fromfile(folder / 'identity.i32', dtype='<i4')
    lambdas, rates = problem['lambdas'], problem['rates']
    start = time.perf_counter()

    origin_a, origin_b = source.mean(axis=0, dtype=np.float64), target.mean(axis=0, dtype=np.float64)
    parts = []
    for fold in range(problem['folds']):
        rows = fold_of == fold
        a, b = shifted(source[rows], origin_a), shifted(target[rows], origin_b)
        parts.append((len(a), a.sum(axis=0), b.sum(axis=0), a.T @ a, a.T @ b))
    total = [sum(values) for values in zip(*parts)]

    scores = np.zeros((len(lambdas), len(parts)))
    for fold, part in enumerate(parts):
        n, sum_a, sum_b, gram, cross = (whole - own for whole, own in zip(total, part))
        mean_a, mean_b = sum_a / n, sum_b / n
        values, vectors = np.linalg.eigh(gram - n * np.outer(mean_a, mean_a))
        turned_cross = (vectors.T @ (cross - n * np.outer(mean_a, mean_b))).astype(np.float32)
        rows = np.flatnonzero(scored & (fold_of == fold))
        probes = (source[rows] - (origin_a + mean_a).astype(np.float32)) @ vectors.astype(np.float32)
        bias = (origin_b + mean_b).astype(np.float32)
        references, who = target[rows], identity[rows]
        same = who[:, None] == who[None, :]
        mated = same & ~np.eye(len(rows), dtype=bool)
        mated_at = np.nonzero(mated)
        owner, size = who[mated_at[0]], np.bincount(who[mated_at[0]])
        others = same.size - same.sum()
        for k, value in enumerate(lambdas):
            translated = (probes / (values + value * values.mean()).astype(np.float32)) @ turned_cross + bias
            translated /= np.linalg.norm(translated, axis=1, keepdims=True)
            compared = translated @ references.T
            own = compared[mated_at]
            compared[same] = -2
            kth = [compared.size - 1 - int(rate * others) for rate in rates]
            ordered = np.partition(compared.ravel(), kth)
            rates_of = [np.bincount(owner, own > ordered[at], len(size))[size > 0] / size[size > 0] for at in kth]
            scores[k, fold] = np.mean(rates_of)
    return time.perf_counter() - start, scores.mean(axis=1).tolist()


def scikit_learn():
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV, GroupKFold
    from sklearn.preprocessing import normalize
    identity = np.fromfile(folder / 'identity.i32', dtype='<i4')
    a, b = source.astype(np.float64), target.astype(np.float64)
    scale = np.square(a - a.mean(axis=0)).sum() / a.shape[1]
    start = time.perf_counter()
    search = GridSearchCV(Ridge(solver='cholesky'), {'alpha': [value * scale for value in problem['lambdas']]},
                          cv=GroupKFold(problem['folds']), refit=True)
    search.fit(a, b, groups=identity)
    normalize(search.predict(a[:1]))
    return time.perf_counter() - start, search.cv_results_['mean_test_score'].tolist()


def shared():
    """Whitening by Cholesky factors, then a singular value decomposition; a rotation of both sides is of no account."""
    shrinkage = problem['shrinkage']
    start = time.perf_counter()
    a = shifted(source, source.mean(axis=0, dtype=np.float64))
    b = shifted(target, target.mean(axis=0, dtype=np.float64))

    def factor(gram):
        shrunk = (1 - shrinkage) * gram
        shrunk[np.diag_indices_from(shrunk)] += shrinkage * np.trace(gram) / len(gram)
        return scipy.linalg.cholesky(shrunk, lower=True, overwrite_a=True, check_finite=False)

    def solve(lower, right, trans=0):
        return scipy.linalg.solve_triangular(lower, right, trans=trans, lower=True, check_finite=False)

    left, right = factor(a.T @ a), factor(b.T @ b)
    whitened = solve(right, solve(left, a.T @ b).T).T
    u, s, vt = np.linalg.svd(whitened, full_matrices=False)
    sides = solve(left, u * s, trans=1), solve(right, vt.T * s, trans=1)
    seconds = time.perf_counter() - start
    # The product of both sides does not depend on their common rotation: it is what the results are compared by.
    (sides[0][:8] @ sides[1][:8].T).astype('<f8').tofile(folder / 'shared-numpy.f64')
    return seconds, s[:4].tolist()


seconds, results = {'ridge': ridge, 'scikit-learn': scikit_learn, 'shared': shared}[what]()
print(json.dumps({'seconds': seconds, 'results': results}))
