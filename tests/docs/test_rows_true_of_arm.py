"""What is true of ARM, row by row: a test on the simulated ARM and one through a command on the emulator."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
MOVED, MOVED_E2E = "unit/engine/test_who_moved.py", "e2e/test_true_of_arm.py"
MIGRATING, MIGRATING_E2E = "unit/engine/test_migrating.py", "e2e/test_migrations.py"
UNSET, UNSET_E2E = "unit/engine/test_unsetting.py", "e2e/test_unset.py"
DRIFTING, DRIFTING_E2E = "unit/engine/test_drifting.py", "e2e/test_drift_causes.py"

# row: where it is shown on the simulated ARM, where on the emulator
ROWS: dict[str, tuple[str, str]] = {
    "2.1 the manifest states another version": (
        f"{MOVED}::test_what_the_manifest_states_anew_is_written_whichever_way_it_goes",
        f"{MOVED_E2E}::test_a_version_that_the_manifest_changes_is_written_whichever_way_it_goes",
    ),
    "2.1 a newer version of a pay-as-you-go deployment": (
        f"{MOVED}::test_what_the_service_upgraded_stays_and_a_change_beside_it_is_written_over_it",
        f"{MOVED_E2E}::test_a_newer_version_of_a_pay_as_you_go_deployment_is_the_services_upgrade",
    ),
    "2.1 the announced replacement by name": (
        f"{MOVED}::test_the_announced_replacement_stays_even_where_replacing_is_allowed",
        f"{MOVED_E2E}::test_it_is_never_replaced_by_the_model_that_is_going_even_where_replacing_is_allowed",
    ),
    "2.1 a preview that is ended by force": (
        f"{MOVED}::test_a_preview_that_has_ended_is_moved_by_the_service_whatever_the_option",
        f"{MOVED_E2E}::test_a_preview_that_is_ended_by_force_is_the_services_doing_whatever_the_option",
    ),
    "2.1 anything else": (
        f"{MOVED}::test_what_somebody_moved_is_put_back",
        f"{MOVED_E2E}::test_a_version_that_somebody_moved_is_put_back",
    ),
    "2.1 marks of the earlier release, spec mark equal or not": (
        f"{MOVED}::test_the_earlier_releases_spec_mark_decides_where_it_is_equal_and_else_nobody_can_tell",
        f"{MOVED_E2E}::test_where_it_is_not_equal_the_plan_says_that_it_cannot_tell_and_renews_the_mark",
    ),
    "2.1 marks are renewed where somebody asks for it": (
        f"{MOVED}::test_nothing_is_written_only_to_renew_a_mark_and_all_is_where_somebody_asks_for_it",
        f"{MOVED_E2E}::test_nothing_is_written_only_to_renew_a_mark_unless_somebody_asks_for_it",
    ),
    "2.1 a changed source": (
        f"{MOVED}::test_a_changed_source_is_one_of_the_source_and_never_of_a_mark_alone",
        f"{UNSET_E2E}::test_a_source_keeps_arms_spelling_when_it_is_adopted",
    ),
    "2.2 one write at the same size, success is the state": (
        f"{MIGRATING}::test_another_model_is_one_write_that_is_waited_for_as_long_as_it_takes",
        f"{MIGRATING_E2E}::test_apply_waits_the_25_minutes_that_a_migration_takes",
    ),
    "2.2 every provisioned SKU": (
        f"{MIGRATING}::test_another_model_is_one_write_that_is_waited_for_as_long_as_it_takes",
        f"{MIGRATING_E2E}::test_on_every_provisioned_sku_one_write_at_the_same_size",
    ),
    "2.2 under way at the deadline is unknown": (
        f"{MIGRATING}::test_what_is_under_way_after_an_hour_is_unknown_and_never_failed",
        f"{MIGRATING_E2E}::test_what_is_under_way_at_the_operations_own_deadline_is_unknown_and_never_failed",
    ),
    "2.2 an apply has the time of its migrations": (
        f"{MIGRATING}::test_a_plan_knows_how_long_its_migrations_take",
        f"{MIGRATING_E2E}::test_three_migrations_of_an_account_have_the_time_that_they_take_one_after_another",
    ),
    "2.2 a new size beside it is a second write": (
        f"{MIGRATING}::test_a_new_size_beside_it_is_a_second_write_after_the_first_has_succeeded",
        f"{MIGRATING_E2E}::test_a_new_size_beside_it_takes_two_writes_whose_every_size_is_legal",
    ),
    "2.2 blocked where no order is legal": (
        f"{MIGRATING}::test_where_no_order_is_legal_nothing_is_sent_and_the_sizes_of_both_are_named",
        f"{MIGRATING_E2E}::test_where_no_order_is_legal_it_is_blocked_and_the_sizes_of_both_are_named",
    ),
    "2.2 lifecycle.modelChange": (
        f"{MIGRATING}::test_the_manifest_decides_how",
        f"{MIGRATING_E2E}::test_the_manifest_decides_how_a_provisioned_model_changes",
    ),
    "2.2 ARM refuses it": (
        f"{MIGRATING}::test_a_refusal_ends_failed_with_the_way_beside",
        f"{MIGRATING_E2E}::test_a_migration_that_arm_refuses_ends_failed_with_the_way_beside",
    ),
    "2.3 left out, then null, then empty": (
        f"{UNSET}::test_a_value_is_left_out_then_nulled_then_emptied_until_it_is_gone",
        f"{UNSET_E2E}::test_a_null_is_tried_in_each_form_once_and_what_it_named_goes_afterwards",
    ),
    "2.3 what nothing un-sets": (
        f"{UNSET}::test_what_nothing_unsets_is_a_failure_that_names_what_is_still_there",
        f"{UNSET_E2E}::test_what_no_form_takes_away_is_failed_and_never_called_removed",
    ),
    "2.3 the un-setting goes before the deletion": (
        f"{UNSET}::test_what_it_pointed_to_is_deleted_afterwards_and_only_then",
        f"{UNSET_E2E}::test_a_null_is_tried_in_each_form_once_and_what_it_named_goes_afterwards",
    ),
    "2.3 a removed line is not managed": (
        f"{UNSET}::test_a_removed_line_leaves_the_value_and_what_it_names",
        f"{UNSET_E2E}::test_a_line_that_is_gone_means_not_managed_and_what_it_names_stays",
    ),
    "2.3 still referenced, by anybody": (
        f"{UNSET}::test_what_somebody_elses_deployment_names_is_not_deleted",
        f"{UNSET_E2E}::test_what_somebody_elses_deployment_names_is_not_deleted_either",
    ),
    "2.3 modelProviderData": (
        f"{UNSET}::test_a_property_that_arm_takes_and_does_not_answer_is_a_note_and_no_drift",
        f"{UNSET_E2E}::test_provider_data_goes_with_every_put_is_consented_to_and_never_missed",
    ),
    "2.3 an extra property that is not answered": (
        f"{UNSET}::test_a_property_that_arm_takes_and_does_not_answer_is_a_note_and_no_drift",
        f"{UNSET_E2E}::test_an_extra_property_that_arm_drops_is_a_note_at_once_and_no_drift",
    ),
    "2.3 letter case goes back as it was": (
        f"{UNSET}::test_another_letter_case_is_sent_back_as_it_was_and_other_types_are_other_values",
        f"{UNSET_E2E}::test_what_differs_in_letter_case_alone_goes_back_as_it_was_spelt",
    ),
    "2.3 values compare as JSON": (
        f"{UNSET}::test_another_letter_case_is_sent_back_as_it_was_and_other_types_are_other_values",
        f"{UNSET_E2E}::test_a_number_a_boolean_and_a_text_are_three_values",
    ),
    "2.4 deleted outside, with proof": (
        f"{DRIFTING}::test_a_deletion_is_said_with_proof_and_names_who_and_when",
        f"{DRIFTING_E2E}::test_a_deletion_names_who_and_when_and_one_request_asked_for_it",
    ),
    "2.4 missing, without proof": (
        f"{DRIFTING}::test_without_the_right_to_read_the_log_it_is_missing_and_unverified_once",
        f"{DRIFTING_E2E}::test_without_the_right_to_read_the_log_the_report_says_unverified_once",
    ),
    "2.4 who changed it": (
        f"{DRIFTING}::test_a_change_outside_names_who_and_when",
        f"{DRIFTING_E2E}::test_a_change_outside_names_field_author_and_time",
    ),
    "2.4 never applied is pending where others are newer, else missing": (
        f"{DRIFTING}::test_an_entry_that_was_never_applied_is_pending_where_others_show_newer_manifests",
        f"{DRIFTING_E2E}::test_an_entry_that_was_never_applied_is_pending_where_others_show_newer_manifests",
    ),
    "2.4 which causes are errors": (
        f"{DRIFTING}::test_the_fleet_or_a_list_says_which_causes_are_errors",
        f"{DRIFTING_E2E}::test_the_fleet_or_the_command_says_which_causes_fail",
    ),
    "2.5 wait": (
        "unit/engine/test_waiting_out.py::test_an_operation_is_waited_for_and_what_it_left_is_told",
        f"{MIGRATING_E2E}::test_an_operation_under_way_is_a_wait_that_writes_nothing_and_is_no_change",
    ),
}


def functions(path: str) -> set[str]:
    tree = ast.parse((TESTS / path).read_text("utf-8"))
    return {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}


def uses(path: str, name: str) -> bool:
    """Whether a module of tests works with a module of helpers."""
    return name in (TESTS / path).read_text("utf-8")


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_its_test_on_either_arm(row: str) -> None:
    simulated, emulated = ROWS[row]
    for test, helper in ((simulated, "tests.simulated.arm"), (emulated, "tests.e2e.")):
        path, _, name = test.partition("::")
        assert name in functions(path), test
        assert uses(path, helper), f"{path} does not work with {helper}"
