"""Names unlike the others: the best phrase left, never a part of a taken one; and names that grow up."""

import pytest

from groundswell.models.intents.fine_words import Example
from groundswell.models.intents.names import NameBook
from groundswell.models.naming.clauses import clauses
from groundswell.models.naming.distinct import SIDE, first_distinct
from groundswell.models.naming.lore import LoreBook
from groundswell.models.naming.phrase import Phrase

OTHERS = {
    "music": ["play some quiet music", "turn the music down in the kitchen", "play the music louder"],
    "refund": ["refund my insurance please", "does the insurance refund cover illness"],
}


def observe(book, fine, *turns, times=3):
    for _ in range(times):
        for rank, text in enumerate(turns):
            book.observe(fine, Example(0.9 - rank / 100, text))


def book_of(said):
    book = NameBook(64)
    for fine, turns in {**said, **OTHERS}.items():
        observe(book, fine, *turns)
    return book


def each(*fines):
    return {fine: [fine] for fine in (*fines, *OTHERS)}


def name_of(*turns):
    return book_of({"it": turns}).name_all(each("it"))["it"].name


def phrase(score, text):
    return Phrase(score, text, frozenset(text.split()), acts=True)


class TestATakenName:
    def test_leaves_the_next_phrase_and_no_part_of_it(self):
        found = [phrase(9, "upgrade business class"), phrase(6, "business class"), phrase(3, "confirm cost")]
        chosen, part = first_distinct(found, ["Upgrade business class"], 0.25)
        assert (chosen, part) == (found[2], found[1])
        assert first_distinct(found[1:], ["Upgrade business class"], 0.25)[0] == found[1]

    def test_leaves_no_part_of_it_that_is_worth_more(self):
        said = {"update shipping": 6, "update shipping address": 3, "change color": 2}
        found = [phrase(score, text) for text, score in said.items()]
        chosen, _ = first_distinct(found, ["Update shipping address"], 0.25)
        assert chosen == found[2]

    def test_stands_beside_what_else_the_turns_say(self):
        book = book_of(
            {
                "many": ["I want to cancel my reservation", "please cancel the reservation"],
                "it": [
                    "I want to cancel my reservation and verify the airline",
                    "cancel the reservation, please. Can you verify the airline?",
                ],
            }
        )
        observe(book, "many", "I want to cancel my reservation", times=20)
        first = book.name_all(each("many"))["many"].name
        names = book.name_all(each("many", "it"))
        assert names["many"].name == first == "Cancel reservation"
        assert names["it"].name != "Reservation"
        assert "verify" in names["it"].name.lower()

    def test_comes_with_the_turn_of_what_stands_beside_it(self):
        turns = ("I want to cancel my reservation", "can you tell me what the weather in town is")
        book = book_of({"it": turns})
        one = book.name_all(each("it"), reserved=["Cancel reservation", "Weather in town"])["it"]
        assert one.name == f"Cancel reservation{SIDE}weather in town"
        assert one.examples[:2] == turns

    def test_is_wanted_by_the_intent_that_has_a_part_of_it(self):
        book = book_of({"it": ["cancel all flights", "please cancel all flights"]})
        part = book.name_all(each("it"), reserved=["Cancel all flights"])["it"]
        assert (part.name, part.wanted) == ("All flights", "Cancel all flights")
        freed = book.name_all(each("it"))["it"]
        assert (freed.name, freed.reason) == ("Cancel all flights", "freed")


class TestANameSays:
    def test_more_than_a_bare_thing_where_many_do(self):
        turns = ["is there a limit on disposable cards", "what is the limit on the disposable cards"]
        assert name_of(*turns, "disposable cards") == "Limit on disposable cards"

    def test_no_verb_where_two_words_are_a_thing(self):
        book = LoreBook()
        book.change([], ["the exchange rate is wrong", "my exchange rate", "I want to exchange money"])
        assert book.lore().things == {"exchang rat"}
        assert "exchang" in {token.stem for clause in clauses("exchange money") for token in clause.tokens}

    def test_why_and_not_only_due_to_what(self):
        turns = ["cancel my flight due to an emergency", "I need to cancel a flight due to an emergency"]
        assert name_of(*turns) == "Cancel flight due to emergency"
        assert clauses("due to an emergency")[0].tokens[0].text == "due to"

    def test_a_question_with_its_verb_or_not_at_all(self):
        name = name_of("How long do transfers from Europe take?", "how long does a transfer take")
        assert name == "How long does a transfer take"

    def test_what_happened_and_not_what_could_no_longer_be_done(self):
        turns = (
            "I lost my debit card before I could cancel it",
            "I lost my debit card before I could stop it",
        )
        assert name_of(*turns) == "Lost debit card"

    def test_what_befell_its_user_and_not_what_the_agent_does(self):
        (clause,) = clauses("you offered a top up")
        assert not any(token.told for token in clause.tokens)
        assert any(token.told for token in clauses("I made a top up")[0].tokens)

    @pytest.mark.parametrize("turn", ["return the one placed earlier", "return the older one placed earlier"])
    def test_nothing_of_what_one_stands_for(self, turn):
        assert not any("one" in token.text for token in clauses(turn)[0].tokens)


class TestAWord:
    def test_has_the_signs_of_its_letters(self):
        said = "मैं कल की दिल्ली की उड़ान रद्द करना चाहता हूँ"
        kept = [token.text for clause in clauses(said) for token in clause.tokens]
        assert set(kept) <= set(said.split())
        assert "दिल्ली" in kept
        assert name_of(said, said).lower().split()[-2:] == ["चाहता", "हूँ"]


class TestANameOfFewTurns:
    TRANSFERRED, LONG = "is my money transferred", "how long does a transfer take"

    def grown(self, few, many):
        book = book_of({})
        observe(book, "it", self.TRANSFERRED, times=few)
        first = book.name_all(each("it"))["it"]
        observe(book, "it", self.LONG, times=many)
        return first, book.name_all(each("it"))["it"]

    def test_is_kept_while_it_says_half_of_what_a_new_one_would(self):
        first, then = self.grown(few=6, many=40)
        assert then.name == first.name == "Money transferred"

    def test_gives_way_once_hardly_any_turn_says_it(self):
        first, then = self.grown(few=6, many=100)
        assert (first.name, first.since) == ("Money transferred", 6)
        assert (then.name, then.reason, then.since) == ("How long does a transfer take", "grown", 106)

    def test_is_told_from_one_of_many_after_a_restart(self):
        book = book_of({})
        observe(book, "it", self.TRANSFERRED, times=6)
        book.name_all(each("it"))
        again = NameBook.restore(book.changes(), 64).kept("it")
        assert again is not None
        assert again.since == 6
