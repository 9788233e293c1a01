# %% [markdown]
# # From two files of templates to a map that was checked on other people
#
#     PYTHONPATH=clients/python python3 docs/notebook.py old.npy new.npy people.csv
#
# `old.npy` and `new.npy` have the templates of two models, (n, d) each: row i of both is of the same image. `people.csv`
# has the header `sample,identity` and one record per row: the image, and whose face it is. A service runs at
# CROSSWALK_URL, http://127.0.0.1:8080 when absent. Editors that know `# %%` run it cell by cell, others as a whole.
# Plots need matplotlib, and are left out without it.

# %%
import csv
import os
import sys

import numpy as np

from crosswalk import Crosswalk

old_file, new_file, people_file = sys.argv[1:4]
old, new = np.load(old_file), np.load(new_file)
with open(people_file, newline="", encoding="utf-8") as file:
    records = list(csv.DictReader(file))
samples = [record["sample"] for record in records]
people = np.array([record["identity"] for record in records])
assert len(old) == len(new) == len(people), f"{len(old)}, {len(new)} and {len(people)} rows"
print(f"{len(people)} images of {len(set(people))} people, {old.shape[1]} and {new.shape[1]} numbers")

# %% [markdown]
# Three people in ten are kept for the end: the map never sees them.

# %%
random = np.random.default_rng(1)
names = np.unique(people)
kept = np.isin(people, random.choice(names, size=max(1, 3 * len(names) // 10), replace=False))

crosswalk = Crosswalk(os.environ.get("CROSSWALK_URL", "http://127.0.0.1:8080"), os.environ.get("CROSSWALK_KEY") or None)
known = {model["id"] for model in crosswalk.every("listModels", "models")}
for model, templates in (("notebook-old", old), ("notebook-new", new)):
    if model not in known:
        crosswalk.call(
            "registerModel", {"id": model, "title": model, "version": "1", "dimension": int(templates.shape[1])}
        )

# %% [markdown]
# The fit chooses its method by cross-validation over these people, and calibrates thresholds by cross-fitting. `activate`
# lets the map serve, unless its card says that it is unfit.

# %%
fitted = crosswalk.fit(
    "notebook-old",
    "notebook-new",
    old[~kept],
    new[~kept],
    samples=[sample for sample, is_kept in zip(samples, kept) if not is_kept],
    identities=list(people[~kept]),
    activate=True,
)
print(fitted["card"]["verdict"]["summary"])

# %% [markdown]
# Old probes against new references of the people who were kept: what they find at the thresholds of the map, and how many
# strangers match. No image is compared with itself.

# %%
mated = people[kept][:, None] == people[kept][None, :]
other_image = ~np.eye(int(kept.sum()), dtype=bool)
print("FMR requested   FMR found   TMR")
for fmr in (1e-1, 1e-2, 1e-3):
    compared = crosswalk.compare(old[kept], new[kept], probe="notebook-old", reference="notebook-new", fmr=fmr)
    if compared.matches_from is None:
        print(f"{fmr:13.3f}   no threshold: too few comparisons")
        continue
    matches = compared.scores >= compared.matches_from
    print(
        f"{fmr:13.3f}   {matches[~mated].mean():9.4f}   {matches[mated & other_image].mean():.4f}"
    )

# %% [markdown]
# The same in two pictures: the scores, and the trade-off between both errors (DET).

# %%
try:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
except ImportError:
    print("matplotlib is not here: no plots")
else:
    genuine, impostor = compared.scores[mated & other_image], compared.scores[~mated]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4))
    for scores, label in ((impostor, "non-mated"), (genuine, "mated")):
        left.hist(scores, bins=60, density=True, alpha=0.6, label=label)
    left.set_xlabel("score")
    left.legend()
    thresholds = np.quantile(impostor, 1 - np.geomspace(1 / len(impostor), 0.5, 200))
    right.loglog(
        [(impostor >= threshold).mean() for threshold in thresholds],
        [max((genuine < threshold).mean(), 1 / len(genuine)) for threshold in thresholds],
    )
    right.set_xlabel("FMR")
    right.set_ylabel("FNMR")
    figure.savefig("notebook.png", dpi=120, bbox_inches="tight")
    print("wrote notebook.png")
