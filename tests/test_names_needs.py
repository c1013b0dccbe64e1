"""Names say what is needed: not what a reply holds, what stands before a need, or one of two needs."""

import pytest

from groundswell.models.intents.fine_words import EXAMPLES_KEPT, OPENING, Example, FineWords
from groundswell.models.intents.intent_words import IntentWords
from groundswell.models.intents.names import NameBook
from groundswell.models.intents.word_book import WordBook
from groundswell.models.naming.antecedents import errands
from groundswell.models.naming.clauses import clauses
from groundswell.models.naming.distinct import SIDE
from groundswell.models.naming.lore import LoreBook
from groundswell.models.naming.phrases import phrases
from groundswell.models.naming.tokens import stem
from groundswell.models.naming.weights import Weights

OTHERS = {
    "music": ["play some quiet music", "turn the music down in the kitchen", "play the music louder"],
    "refund": ["refund my insurance please", "does the insurance refund cover illness"],
}


def fill(book, groups, repeat=3, opens=True):
    for _ in range(repeat):
        for fine, texts in groups.items():
            for rank, text in enumerate(texts):
                book.observe(fine, Example(0.9 - rank / 100, text, opens=opens))


def name_of(*turns):
    book = NameBook(64)
    fill(book, {"it": turns, **OTHERS})
    return book.name_all({fine: [fine] for fine in ("it", *OTHERS)})["it"].name


def asked_for(text):
    return [" ".join(token.text for token in each) for each in errands([c.tokens for c in clauses(text)])]


class TestReplies:
    def words(self, **reply):
        book = WordBook(64)
        for text in ("I want to exchange a lamp", "can you exchange my lamp"):
            book.observe("it", Example(0.5, text))
        book.observe("it", Example(0.9, "I want to take the blue one", **reply))
        return IntentWords.of(book, ["it"])

    def test_come_after_what_opens_a_goal_and_are_worth_less(self):
        words = self.words(opens=False)
        assert words.pool[-1] == "I want to take the blue one"
        assert words.replies == {"I want to take the blue one"}
        whole = {one.text: one.score for one in phrases(words.pool, words.weights)}
        less = {one.text: one.score for one in phrases(words.pool, words.weights, words.replies)}
        assert less["take blue"] < whole["take blue"]
        assert less["exchange lamp"] == whole["exchange lamp"]

    def test_are_as_good_as_any_where_it_is_not_known(self):
        assert self.words().replies == frozenset()
        assert self.words().pool[0] == "I want to take the blue one"

    def test_crowd_out_no_turn_that_opens_a_goal(self):
        entry = FineWords("it")
        entry.add_examples([Example(0.1 + n / 100, f"open {n}") for n in range(OPENING + 2)])
        entry.add_examples([Example(0.9, f"reply {n}", opens=False) for n in range(20)])
        assert sum(one.opens for one in entry.examples) == OPENING
        assert len(entry.examples) == EXAMPLES_KEPT
        assert not entry.wants(Example(0.05, "far", opens=False))
        assert not entry.wants(Example(0.05, "far"))

    def test_are_told_from_openings_after_a_restart(self):
        book = NameBook(8)
        book.observe("it", Example(0.5, "exchange my lamp", "c"))
        book.observe("it", Example(0.9, "the blue one", "c", opens=False))
        again = NameBook.restore(book.changes(), 8)
        assert [one.opens for one in again.examples(["it"])] == [False, True]


class TestWhatStandsForAThing:
    def test_is_named(self):
        assert asked_for("I recently bought a camera and I'd like to exchange it") == ["exchange camera"]
        assert asked_for("I got two laptops. Can I return them?") == ["return laptops"]
        assert asked_for("the quality of my skateboards is poor, I want to return them") == [
            "return skateboards"
        ]

    def test_is_not_sought_where_a_verb_has_its_own_object(self):
        assert asked_for("I bought a camera and I'd like to exchange the lamp") == []
        assert asked_for("I want to cancel it") == []

    def test_names_the_intent(self):
        turns = ["I bought a camera, I'd like to exchange it", "I ordered a camera. Could you exchange it?"]
        assert name_of(*turns) == "Exchange camera"


class TestANameIsWhole:
    def test_it_does_not_end_where_a_turn_was_cut_off(self):
        whole = "I want to book a seat, can you find the lowest fares"
        assert "find lowest fares" in self.offered(whole)
        assert "find lowest fares" not in self.offered(whole + "…")
        assert "book seat" in self.offered(whole + "…")

    @staticmethod
    def offered(text):
        counts = {stem(word): 2 for word in text.split()}
        return [phrase.text for phrase in phrases([text], Weights.of(counts, counts, 2, 10))]

    def test_nor_before_what_binds(self):
        turns = ["tell me the exact number of suitcases", "I need the exact number of suitcases"]
        assert name_of(*turns) == "Exact number of suitcases"

    def test_a_question_has_its_verb(self):
        turns = ["which currencies are supported by you", "which currencies are supported"]
        assert name_of(*turns) == "Which currencies are supported"

    def test_it_says_what_most_deny(self):
        turns = [
            "can't make a transfer to my beneficiary",
            "I couldn't make a transfer to a beneficiary",
            "I can't make a transfer to the beneficiary",
            "make a transfer to a beneficiary",
        ]
        assert name_of(*turns).startswith("C")
        assert "n't" in name_of(*turns)


class TestLabels:
    def test_a_label_after_an_article_is_no_person(self):
        assert name_of("I need to exchange a Makeup Kit", "exchange my Makeup Kit").startswith(
            "Exchange Makeup Kit"
        )

    def test_the_ends_of_a_way_are_in_no_name(self):
        book = LoreBook()
        book.change([], ["a flight from LAS to IAH", "fly from LAS to SEA please", "my PIN for LAS"])
        assert book.lore().routed == {"las"}


class TestTwoNeeds:
    SPACE = ("restore life support on the spaceship", "please restore life support")
    CARD = ("I want to block my debit card", "can you block the debit card")

    def named(self, groups):
        book = NameBook(64)
        fill(book, {"a": self.SPACE, "b": self.CARD, **OTHERS}, repeat=8)
        return book, book.name_all({**groups, **{fine: [fine] for fine in OTHERS}})

    def test_are_both_named(self):
        _, names = self.named({"both": ["a", "b"]})
        assert SIDE in names["both"].name
        assert {"life", "card"} <= set(names["both"].name.lower().split())

    @pytest.mark.parametrize("conversation", ["of a", "of b"])
    def test_are_both_found_when_a_person_is_erased(self, conversation):
        book = NameBook(64)
        for fine, texts in {"a": self.SPACE[1:], "b": self.CARD[1:], **OTHERS}.items():
            for _ in range(8):
                book.observe(fine, Example(0.5, texts[0], f"of {fine}"))
        groups = {"both": ["a", "b"], **{fine: [fine] for fine in OTHERS}}
        both = book.name_all(groups)["both"]
        assert SIDE in both.name
        assert both.origin == ("of a", "of b")
        for number in range(40):
            book.observe("a", Example(0.9, f"please restore life support {number}", "other"))
            book.observe("b", Example(0.9, f"can you block the debit card {number}", "other"))
        assert not any(one.conversation == conversation for one in book.examples(["a", "b"]))
        assert "both" in book.forget(conversation)

    def test_one_need_has_one(self):
        _, names = self.named({"a": ["a"], "b": ["b"]})
        assert not any(SIDE in one.name for one in names.values())

    def test_a_name_of_one_gives_way_when_they_are_merged(self):
        book, names = self.named({"a": ["a"], "b": ["b"]})
        fines = {fine: [fine] for fine in OTHERS}
        merged = book.name_all({"a": ["a", "b"], **fines}, merged=["a"])
        assert SIDE not in names["a"].name
        assert SIDE in merged["a"].name


class TestContractions:
    def test_are_said_by_their_own_turn(self):
        weights = IntentWords.of(self.book(), ["it"]).weights
        assert phrases(["how's traffic en route to virginia"], weights)

    def book(self):
        book = WordBook(64)
        for place in ("virginia", "boston", "denver"):
            book.observe("it", Example(0.5, f"how's traffic en route to {place}"))
        return book
