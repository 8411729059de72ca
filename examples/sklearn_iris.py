"""The film of a scikit-learn classifier: three kinds of iris, told apart by what their petals and sepals measure.

    python examples/sklearn_iris.py       # writes iris.mp4

`fit` runs as it always does, and ends with the same weights to the bit. The film shows eight flowers that it never
learns from, and its curves of testing are of all that were held out.
"""

from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

import netviz

iris = load_iris()
species = iris.target_names[iris.target]  # the classifier takes its classes from these, and the film their names
X_train, X_test, y_train, y_test = train_test_split(iris.data, species, test_size=48, stratify=species, random_state=4)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)

clf = MLPClassifier((10,), activation="tanh", batch_size=17, learning_rate_init=0.01, max_iter=400, random_state=0)
with netviz.watch(clf, X_test[:8], y_test[:8]) as rec:
    clf.fit(X_train, y_train)
rec.test(X_test, y_test)  # worked out afterwards, from the weights that were kept

look = {
    "title": "Three kinds of iris",
    "duration": 60,
    "network": {"inputs": [name.removesuffix(" (cm)") for name in iris.feature_names]},
    "panels": [{"panel": name} for name in ("title", "caption", "network", "answers", "numbers", "curve")],
}

if __name__ == "__main__":
    netviz.render(rec, "iris.mp4", look=look, overwrite=True)
