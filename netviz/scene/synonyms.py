"""Synonyms: words that people bring from other tools, and what netviz calls the same; of words it lacks, what is so.

Suggestions by spelling find `cycels`; these find `epochs`. A test holds every name here against the JSON Schema and the
command line, so that none outlives what it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable


def _table(text: str) -> dict[str, tuple[str, ...]]:
    """Return word -> names, from lines of `name, other name: word word word`."""
    table: dict[str, tuple[str, ...]] = {}
    for line in text.strip().splitlines():
        names, _, words = line.partition(":")
        for word in words.split():
            table[word] = (*table.get(word, ()), *(name.strip() for name in names.split(",")))
    return table


KEYS = _table("""
training.cycles: epochs epoch n_epochs num_epochs max_epochs iterations iters n_iter max_iter
training.cycles, schedule.frames: steps n_steps num_steps max_steps
training.optimizer: optimiser optim solver
training.learning_rate: lr eta alpha step_size learning learningrate
training.batch: batch_size batchsize minibatch mini_batch
training.loss: mse criterion cost cost_function loss_function loss_fn objective cross_entropy crossentropy
training.seed: random_seed random_state rng manual_seed
training.regularization: l1 l2 weight_decay penalty regularizer regularisation
training.regularization_rate: lambda regularisation_rate reg
training.initial_weights: init initializer initialiser initialization initialisation weights weight_init
network.layers: hidden hidden_layers hidden_layer_sizes hidden_units units neurons nodes architecture topology sizes
network.activation: activations activation_function nonlinearity
network.bias: biases use_bias
network.inputs: input_names feature_names
network.hidden: hidden_names neuron_names
network.outputs: output_names class_names classes labels
data: x y xs ys training_data train_data
data.csv: table tsv csv_file
data.arrays: npz npy numpy array
data.dataset: data_set toy
data.targets: target y_train label label_column target_column
data.train_share: test_size train_size split test_split train_split validation_split train_test_split
data.normalize: normalise normalization normalisation standardize standardise scaling scaler rescale preprocessing
schedule.frames: shown_cycles snapshots checkpoints keyframes
output.fps: frames_per_second frame_rate framerate rate
output.size: resolution width height dimensions aspect aspect_ratio
output.platform: for target_platform destination
output.quality: crf bitrate preset
output.transparent: alpha_channel transparency
duration: length seconds time runtime
audio: music song sound soundtrack track mp3
audio.gain: volume
sync: beats tempo rhythm
palette: color colors colour colours color_scheme colour_scheme colormap cmap brand
palette.background: bg background_color background_colour facecolor
palette.text: foreground fg ink text_color text_colour
palette.muted: secondary
theme: mode dark dark_mode appearance
font: typeface font_family
figures_font: number_font numbers_font digits_font mono_font monospace
panels: logo watermark background_image layout
look: brand branding template stylesheet include extends
accuracy: acc metrics score show_accuracy
words: language locale lang translation
captions: annotations texts notes subtitles
story: narration narrative
compare: runs side_by_side versus comparison
motion: reduced_motion animation
""")
"""Word -> dotted keys of a scene, likeliest first."""

SHOT_KEYS = _table("""
seconds: duration length time lasts long runtime
speed: rate tempo factor slow slower fast faster slow_motion
hold: freeze pause still wait stand stands linger
from: start begin begins first first_cycle start_cycle from_cycle since
to: end ends stop until last last_cycle end_cycle to_cycle up_to
cycle: epoch step at
""")
"""Word -> keys of a shot."""

RUN_NAMES = frozenset({"label", "title", "caption"})
"""Words for the name of a run in `compare`."""

ABSENT = {
    **dict.fromkeys(("rmsprop", "adagrad", "adamw", "nesterov"), "training.optimizer is sgd, momentum or adam"),
    **dict.fromkeys(
        ("scheduler", "lr_scheduler", "lr_decay", "learning_rate_decay", "decay", "warmup"),
        "training.learning_rate stays the same from the first cycle to the last",
    ),
    **dict.fromkeys(
        ("dropout", "batch_norm", "batchnorm"), "netviz trains dense layers alone, without dropout and norms"
    ),
    **dict.fromkeys(("conv", "cnn", "kernel", "kernel_size", "filters"), "netviz trains dense layers alone"),
    **dict.fromkeys(("early_stopping", "patience"), "training always runs for all of training.cycles"),
    **dict.fromkeys(("device", "gpu", "cuda"), "training needs no graphics card and uses none"),
}
"""Word -> what is so, for what netviz does not have."""

VALUES = _table("""
squared_error: mse l2_loss mean_squared_error squared quadratic rmse
cross_entropy: crossentropy ce bce nll log_loss binary_crossentropy categorical_crossentropy softmax_loss
sigmoid: logistic expit
linear: identity none
softmax: soft_max
tanh: hyperbolic_tangent
relu: rectifier rectified
leaky_relu: leakyrelu leaky lrelu
elu: exponential_linear exponential_linear_unit
gelu: gelu_exact gaussian_error_linear_unit
swish: silu sigmoid_linear_unit
glorot: xavier
he: kaiming
normal: gaussian random gauss_random
zero: zeros 0
L2: ridge l2_penalty weight_decay
L1: lasso l1_penalty
full: all batch
gauss: gaussian two_gaussians
circle: circles ring rings
spiral: spirals swirl two_spirals
moons: moon two_moons half_moons make_moons
blobs: blob clusters clouds make_blobs
standard: standardize standardise standard_scaler standardscaler z_score zscore z-score mean_std
minmax: min_max min-max minmaxscaler min_max_scaler 0-1 unit
night: dark black dark_mode
paper: light white bright light_mode
colour-blind: color-blind colorblind color_blind colour_blind cvd accessible deuteranopia protanopia
green-red: red-green red_green
blue-orange: orange-blue orange_blue
reduced: less low still none static calm
good: normal medium
draft: low fast preview quick
best: high highest max lossless
shorts: tiktok youtube_shorts short
instagram: reels reel ig stories
x: twitter tweet
slides: powerpoint keynote presentation
blog: web website
4k: uhd 2160p ultra_hd
1080p: hd fhd full_hd fullhd 1080
720p: 720 sd
vertical: 9:16 phone upright
square: 1:1
track: music song
beats: beat
classic: original old
glow: modern new
grey: gray greyscale grayscale monochrome
""")
"""Word -> values, of which one is meant where it may stand."""

OPTIONS = _table("""
--output: out outfile out_file output_file save save_as dest to
--overwrite: force yes replace clobber
--jobs: threads workers processes cores parallel n_jobs cpus
--debug: verbose traceback trace log v
--dry-run: simulate check dryrun noop
--quality: crf bitrate preset
--inputs: input values x
--audio: music
--at: moment when frame_at second
--seen-as: colorblind vision
--no-cache: fresh nocache
""")
"""Word -> options of the command line that set no key of a scene."""

COMMANDS = _table("""
render: make film video movie run play animate build export
still: picture image screenshot poster frame thumbnail
preview: show watch serve view open live
record: train fit learn
think: predict evaluate eval infer ask answer
scenes: list ls examples gallery demos
new: init create start copy
validate: check lint test verify
sonify: sound audio music
embed: post blog html web
events: history story
inspect: info about metadata
completion: completions autocomplete
doctor: diagnose diagnostics health environment env versions troubleshoot
""")
"""Word -> commands."""


def normal(word: str) -> str:
    """Return a word as the tables have it: small letters, words joined by underscores."""
    return re.sub(r"[\s_-]+", "_", word.strip().lower()).strip("_")


def keys_meant(word: str) -> tuple[str, ...]:
    """Return the scene keys that a word from other tools means; none if it is unknown."""
    return KEYS.get(normal(word), ())


def shot_keys_meant(word: str) -> tuple[str, ...]:
    """Return the keys of shots that a word from other tools means; none if it is unknown."""
    return SHOT_KEYS.get(normal(word), ())


def absent(word: str) -> str | None:
    """Return what is so where a word names what netviz does not have; None for all other words."""
    return ABSENT.get(normal(word))


def value_meant(word: str, options: Iterable[str]) -> str | None:
    """Return which of the values a word from other tools means; None if it is none of them."""
    there = {*options}
    found = (*VALUES.get(word.strip().lower(), ()), *_VALUES.get(normal(word), ()))
    return next((value for value in found if value in there), None)


_VALUES: dict[str, tuple[str, ...]] = {}
for _word, _names in VALUES.items():
    _VALUES[normal(_word)] = (*_VALUES.get(normal(_word), ()), *_names)
