"""IndexFlatIP of faiss, which keeps all rows in memory and compares every one; what a user would take for an exact search.

    flat_faiss.py ROWS DIMENSION THREADS

ROWS is a file of little-endian float32. It answers lines of JSON on its standard input, {"probes": FILE, "best": k,
"times": n}, with one of the milliseconds of each of n searches, the rows found and the scores.
"""
import json
import sys
import time

import faiss
import numpy as np

rows, dimension, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
faiss.omp_set_num_threads(threads)
index = faiss.IndexFlatIP(dimension)
with open(rows, 'rb') as file:
    while len(chunk := np.fromfile(file, dtype='<f4', count=8192 * dimension)):
        index.add(chunk.reshape(-1, dimension))


def resident():
    """MiB, of this process with all that Python has loaded."""
    with open('/proc/self/status') as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith('VmRSS'))


print(json.dumps({'version': faiss.__version__, 'rows': index.ntotal, 'mebibytes': resident()}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    probes = np.fromfile(asked['probes'], dtype='<f4').reshape(-1, dimension)
    times = []
    for _ in range(asked['times']):
        start = time.perf_counter()
        scores, found = index.search(probes, asked['best'])
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps({'milliseconds': times, 'found': found.tolist()}), flush=True)
