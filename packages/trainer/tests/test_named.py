from __future__ import annotations

import copy
import json
import pickle

import pytest

import sluice
from sluice.inputs import Data
from sluice.named import Hyper, Inputs


def test_a_missing_hyper_parameter_names_what_there_is_and_the_closest() -> None:
    hyper = Hyper({"learning_rate": 0.1, "epochs": 3})
    with pytest.raises(KeyError) as caught:
        hyper["learningrate"]
    assert "no hyper-parameter 'learningrate'; did you mean 'learning_rate'? there is: epochs, learning_rate" in str(caught.value)
    with pytest.raises(AttributeError, match="did you mean 'epochs'"):
        hyper.epoch  # noqa: B018


def test_a_missing_input_names_what_there_is() -> None:
    data: Inputs[Data] = Inputs()
    with pytest.raises(KeyError, match="no input 'flights'; there are none"):
        data["flights"]
    with pytest.raises(sluice.SluiceError, match="job.data"):
        data["flights"]


def test_hyper_parameters_are_still_a_dict_that_can_be_copied_pickled_and_dumped() -> None:
    values = {"model": {"width": 8, "layers": [{"n": 1}]}, "lr": 0.1}
    hyper = Hyper(values)
    assert hyper == values
    assert copy.deepcopy(hyper).model.layers[0].n == 1
    assert pickle.loads(pickle.dumps(hyper)).model.width == 8
    assert json.loads(json.dumps(hyper)) == values
    assert not hasattr(hyper, "absent")
    assert hyper.get("absent", 7) == 7
    hyper.extra = {"a": 1}
    assert hyper["extra"].a == 1


def test_hyper_parameters_can_be_unpacked_as_keyword_arguments() -> None:
    assert dict(**Hyper({"lr": 0.1})) == {"lr": 0.1}
