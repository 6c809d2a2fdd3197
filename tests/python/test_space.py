"""The units of the package `kernelevolve`: no cluster is started."""

import unittest
from fractions import Fraction
from typing import Any

from kernelevolve import Boolean, Categorical, Float, Integer, Invalid, Ordinal, Permutation, Tuner, TunerError
from kernelevolve.answers import MAX_MESSAGE, call
from kernelevolve.compat.openevolve_tuner import OpenEvolveTuner
from kernelevolve.space import Space


def parameter(given: Any) -> dict[str, Any]:  # noqa: ANN401
    return Space({"p": given}).parameters[0]


class SpaceTest(unittest.TestCase):
    def test_lists_are_what_they_look_like(self) -> None:
        self.assertEqual(parameter([32, 8, 16]), {"name": "p", "type": "ordinal", "values": [8, 16, 32]})
        self.assertEqual(parameter(range(3)), {"name": "p", "type": "ordinal", "values": [0, 1, 2]})
        self.assertEqual(parameter([True, False]), {"name": "p", "type": "boolean"})
        self.assertEqual(parameter(["b", "a"]), {"name": "p", "type": "categorical", "values": ["b", "a"]})
        self.assertEqual(parameter([None, (1, 2)]), {"name": "p", "type": "categorical", "values": ["None", "(1, 2)"]})

    def test_classes(self) -> None:
        self.assertEqual(parameter(Integer(1, 9, 2)), {"name": "p", "type": "integer", "min": 1, "max": 9, "step": 2})
        self.assertEqual(parameter(Float(1, 100, 3, log=True))["values"], [1.0, 10.0, 100.0])
        self.assertEqual(parameter(Float(0, 1, 3))["values"], [0.0, 0.5, 1.0])
        self.assertEqual(parameter(Ordinal(["s", "l"]))["values"], ["s", "l"])
        self.assertEqual(parameter(Categorical([3, 1]))["values"], [3, 1])
        self.assertEqual(parameter(Boolean())["type"], "boolean")
        self.assertEqual(parameter(Permutation("mnk"))["items"], ["m", "n", "k"])

    def test_configurations_are_encoded_as_they_are_decoded(self) -> None:
        space = Space(
            {"n": [None, 1, True], "o": Permutation([1, 2]), "i": Integer(0, 9, 3), "b": Boolean()}, {"i": "b == False"}
        )
        self.assertEqual(space.parameters[2]["activeWhen"], "b == False")
        for encoded in (["None", [1, 2], 3, True], ["1", [2, 1], 9, False], ["True", [2, 1], 0, False]):
            config = space.decode(dict(zip("noib", encoded, strict=True)))
            self.assertEqual(space.encode(config), encoded)
        right = {"n": 1, "o": (1, 2), "i": 0, "b": True}
        for wrong in ({"n": 2}, {"o": (1, 1)}, {"i": 4}, {"i": True}, {"b": 1}, {"more": 1}):
            with self.assertRaises(TunerError):
                space.encode({**right, **wrong})
        with self.assertRaisesRegex(TunerError, "must be a parameter"):
            Space({"b": Boolean()}, {"c": "b"})

    def test_the_function_gets_the_very_values_that_were_given(self) -> None:
        space = Space(
            {"f": [1.0, 2.5], "n": [None, (1, 2)], "o": Permutation([1, 2]), "i": Integer(0, 4), "b": Boolean()}
        )
        config = space.decode({"f": 1, "n": "(1, 2)", "o": [2, 1], "i": 3, "b": True})
        self.assertEqual(config, {"f": 1.0, "n": (1, 2), "o": (2, 1), "i": 3, "b": True})
        self.assertIsInstance(config["f"], float)

    def test_a_mistake_is_one_sentence_that_names_the_parameter(self) -> None:
        wrong: list[tuple[Any, str]] = [
            ([], "no value"),
            ([1, 1.0], "twice"),
            ("abc", "list of values"),
            (7, "list of values"),
            ([object()], "cannot be encoded"),
            ([float("nan")], "cannot be encoded"),
            ([2**60], "cannot be encoded"),
            (Integer(5, 1), "no value"),
            (Integer(1, 5, 0), "step"),
            (Float(0, 1, log=True), "above 0"),
            (Permutation([1]), "two to eight"),
        ]
        for given, words in wrong:
            with self.subTest(given=given), self.assertRaises(TunerError) as caught:
                Space({"p": given})
            self.assertIn("config_space['p']", str(caught.exception))
            self.assertIn(words, str(caught.exception))

    def test_arguments_of_the_tuner(self) -> None:
        for wrong in (
            {"direction": "up"},
            {"max_evaluations": 0},
            {"max_evaluations": True},
            {"workers": 0},
            {"seed": -1},
            {"name": "a/b"},
            {"constraints": "x > 1"},
            {"constraints": [3]},
            {"constraints": [lambda c: c["y"]]},
            {"constraints": [lambda c: False]},
            {"objective": 3},
        ):
            with self.subTest(wrong=wrong), self.assertRaises(TunerError) as caught:
                Tuner({"x": [1, 2]}, **{"objective": len, **wrong})
            self.assertIn(next(iter(wrong)), str(caught.exception))
        with self.assertRaises(TunerError):
            Tuner({}, len)

    def test_functions_as_constraints_list_what_they_allow(self) -> None:
        space = Space({"a": [None, 2], "b": Boolean(), "c": Integer(0, 4, 2), "o": Permutation("xy")})
        rows = space.members(
            [lambda c: c["a"] is None, lambda c: c["b"] and c["c"] == 4, lambda c: c["o"] == ("y", "x")]
        )
        self.assertEqual(rows, [[0, 1, 2, 1]])
        with self.assertRaisesRegex(TunerError, "1000000000000 configurations"):
            Space({"a": Integer(1, 10**6), "b": Integer(1, 10**6)}).members([lambda c: True])

    def test_ask_and_tell_are_checked(self) -> None:
        tuner = Tuner({"x": [1, 2]})
        with self.assertRaisesRegex(TunerError, "workers=1"):
            tuner.ask(2)
        with self.assertRaisesRegex(TunerError, "is not open"):
            tuner.tell({"x": 1}, 3)
        with self.assertRaisesRegex(TunerError, "needs an objective"):
            tuner.tune()

    def test_openevolve_tuner_checks_what_tuner_does(self) -> None:
        with self.assertRaisesRegex(TunerError, "max_evaluations"):
            OpenEvolveTuner({"x": [1]}, len, 0)


class Tensor:
    def __init__(self, *values: float) -> None:
        self.values = values

    def item(self) -> float:
        (value,) = self.values
        return value


class AnswerTest(unittest.TestCase):
    def test_numbers_of_any_kind(self) -> None:
        for value in (2, 2.0, Fraction(4, 2), Tensor(2.0)):
            with self.subTest(value=value):
                self.assertEqual(call(lambda _, value=value: value, {}).value, 2.0)

    def test_what_is_no_number(self) -> None:
        for value in (None, "3", True, [3], Tensor(1.0, 2.0), 1j):
            with self.subTest(value=value), self.assertRaisesRegex(TunerError, "The objective returned"):
                call(lambda _, value=value: value, {})

    def test_what_is_no_value(self) -> None:
        for value in (float("nan"), float("inf"), 10**400):
            with self.subTest(value=value):
                self.assertEqual(call(lambda _, value=value: value, {}).outcome, "incorrect")

    def test_a_traceback_begins_in_the_function_and_is_cut(self) -> None:
        def failing(config: dict[str, Any]) -> float:
            raise ValueError("x" * 9000)

        answer = call(failing, {})
        self.assertEqual(answer.outcome, "crashed")
        self.assertTrue(answer.message and answer.message.startswith("ValueError: xxx"))
        self.assertEqual(len(answer.message or ""), MAX_MESSAGE)

        def invalid(config: dict[str, Any]) -> float:
            raise Invalid

        self.assertEqual(call(invalid, {}).outcome, "invalid")


if __name__ == "__main__":
    unittest.main()
