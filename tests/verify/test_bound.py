"""A value goes with the work that is named beside it."""

import pytest

from kb.verify.bound import Work, given_to_another

PEA = Work(("PeaNet: Sorting peas with a small network", "PeaNet"), ("91.4 %", "GreenPeas"),
           "On the GreenPeas dataset our method reaches an accuracy of 91.4 %.")
BEAN = Work(("BeanNet: Sorting beans by colour", "BeanNet", "豆网"), ("88.6 %", "RedBeans"),
            "On the RedBeans dataset BeanNet reaches an accuracy of 88.6 %.")


@pytest.mark.parametrize("sentence", [
    "PeaNet reaches 91.4 % and BeanNet 88.6 %.", "BeanNet reaches 88.6 %, PeaNet reaches 91.4 %.",
    "91.4 % is what PeaNet reaches, and 88.6 % what BeanNet does.", "PeaNet和BeanNet的准确率分别为91.4%和88.6%。",
    "PeaNet and BeanNet reach 91.4 % and 88.6 %, respectively.", "PeaNet is tried on GreenPeas, BeanNet on RedBeans.",
    "At 0.914 PeaNet is ahead of BeanNet, which has 0.886.", "The accuracies are 91.4 % and 88.6 %.",
    "PeaNet reaches 77 %.", "PeaNet: Sorting peas with a small network reports 91.4 %.",
    "豆网的准确率为88.6%，而PeaNet为91.4%。"])
def test_what_stands_beside_its_own_work_is_right(sentence):
    assert given_to_another(sentence, (PEA, BEAN)) == ()


@pytest.mark.parametrize(("sentence", "wrong"), [
    ("PeaNet reaches 88.6 % and BeanNet 91.4 %.", ("88.6 %", "91.4 %")),
    ("BeanNet reaches 91.4 %.", ("91.4 %",)), ("PeaNet和BeanNet的准确率分别为88.6%和91.4%。", ("88.6%", "91.4%")),
    ("PeaNet is tried on RedBeans, BeanNet on GreenPeas.", ("RedBeans", "GreenPeas")),
    ("PeaNet, with 88.6 %, is the better one.", ("88.6 %",)), ("豆网的准确率为91.4%。", ("91.4%",)),
    ("PeaNet and BeanNet are tried on RedBeans and GreenPeas, respectively.", ("RedBeans", "GreenPeas"))])
def test_what_stands_beside_another_work_is_told(sentence, wrong):
    assert given_to_another(sentence, (PEA, BEAN)) == wrong


def test_what_both_works_have_is_neither_ones():
    other = Work(("BeanNet",), ("91.4 %",), "BeanNet reaches 91.4 %.")
    assert given_to_another("BeanNet reaches 91.4 %.", (PEA, other)) == ()


def test_a_name_of_two_works_names_none():
    twins = Work(("PeaNet",), ("12.5 %",), "PeaNet reaches 12.5 %."), Work(("PeaNet",), ("40 %",), "It reaches 40 %.")
    assert given_to_another("PeaNet reaches 40 %.", twins) == ()
