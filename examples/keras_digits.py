"""A run of Keras's fit, and its film: digits of 8 x 8 pixels, and how well held-out ones are read.

    KERAS_BACKEND=torch python examples/keras_digits.py        # writes digits.mp4

Needs `pip install keras scikit-learn` and a backend: torch, jax or tensorflow.
"""

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import netviz
from netviz.integrations.keras import FilmCallback

pictures, labels = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(
    pictures / 16, labels, test_size=450, stratify=labels, random_state=1
)

keras.utils.set_random_seed(2)
model = keras.Sequential(
    [
        layers.Input((64,)),
        layers.Dense(32, activation="relu"),
        layers.Dropout(0.1),
        layers.Dense(16, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])

shown = [np.flatnonzero(y_test == digit)[0] for digit in range(10)]  # one of each, none of which it learns from
film = FilmCallback(x_test[shown], y_test[shown], classes=[*"0123456789"])
film.test(x_test, y_test)
model.fit(x_train, y_train, batch_size=32, epochs=30, validation_data=(x_test, y_test), callbacks=[film])

look = {"title": "Learning to read digits", "network": {"grid": [8, 8]}, "duration": 50}

if __name__ == "__main__":
    netviz.render(film, "digits.mp4", look=look, overwrite=True)
