# The life of a user; what each change means shows in the next call.

require_relative "world"

class IamTest < World
  def allow(action)
    JSON.generate({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: action, Resource: "*" }] })
  end

  def test_a_user_comes_gets_keys_changes_them_and_goes
    client = iam(ALICE)
    user = client.create_user(user_name: "carol", path: "/crew/").user
    assert_equal "arn:aws:iam::#{ACCOUNT}:user/crew/carol", user.arn
    assert_in_delta Time.now, user.create_date, 60
    key = client.create_access_key(user_name: "carol").access_key
    carol = Aws::Credentials.new(key.access_key_id, key.secret_access_key)
    assert_equal user.arn, who_is(sts(carol))
    used = client.get_access_key_last_used(access_key_id: key.access_key_id)
    assert_equal %w[carol sts], [used.user_name, used.access_key_last_used.service_name]
    refused("AccessDenied", 403) { iam(carol).list_users }
    client.put_user_policy(user_name: "carol", policy_name: "look", policy_document: allow("iam:ListUsers"))
    assert_equal %w[alice bob carol], iam(carol).list_users.users.map(&:user_name)
    assert_equal allow("iam:ListUsers"), URI.decode_www_form_component(client.get_user_policy(user_name: "carol", policy_name: "look").policy_document)
    client.update_access_key(user_name: "carol", access_key_id: key.access_key_id, status: "Inactive")
    refused("InvalidClientTokenId", 403) { who_is(sts(carol)) }
    refused("DeleteConflict", 409) { client.delete_user(user_name: "carol") }
    client.delete_access_key(user_name: "carol", access_key_id: key.access_key_id)
    client.delete_user_policy(user_name: "carol", policy_name: "look")
    client.delete_user(user_name: "carol")
    refused("NoSuchEntity", 404) { client.get_user(user_name: "carol") }
    refused("EntityAlreadyExists", 409) { client.create_user(user_name: "bob") }
    refused("LimitExceeded", 409) { client.create_access_key(user_name: "bob") }
  end
end
